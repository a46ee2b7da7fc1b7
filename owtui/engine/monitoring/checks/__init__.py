"""The checks: one file each, with a class and a `register`."""
