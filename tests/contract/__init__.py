"""What a device answers: one suite for the lab, for the simulator and for captures of routers."""
