"""What tells of a network, one file a format: bytes to a `Graph`; see `base.py`."""
