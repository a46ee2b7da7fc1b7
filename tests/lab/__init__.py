"""The lab: devices with a real dropbear and real ash, for what no simulator can prove."""
