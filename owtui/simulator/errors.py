"""What the simulator refuses to start with; `str()` is a sentence for whoever asked."""

from __future__ import annotations


class SimulatorError(Exception):
    """Base of what a face shows instead of a traceback."""


class FleetError(SimulatorError):
    """A fleet that cannot be started; the text says what to do."""


class FaultFileError(SimulatorError):
    """A fault file that cannot be used; the text names the file, the device and the key."""
