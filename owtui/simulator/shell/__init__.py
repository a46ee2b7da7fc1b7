"""An interpreter of ash's language over a device in memory; it executes nothing on the host."""
