"""Firmware: what an image says of itself, which device it fits, and the library of images."""
