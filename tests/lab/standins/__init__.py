"""Programs that stand in for OpenWrt's inside a lab device; they know nothing of the project."""
