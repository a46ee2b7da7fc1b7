"""A fleet of simulated OpenWrt devices behind real SSH and HTTP sockets.

Nothing a client sends is executed on this host: the shell is an interpreter of a closed
vocabulary over a file tree in memory. Names load on first use, so that the command line can
mention the simulator without paying for asyncssh.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Fleet": "fleet",
    "FleetSpec": "fleet",
    "serve": "fleet",
    "Fault": "faults",
    "FaultFileError": "errors",
    "FleetError": "errors",
    "SimulatorError": "errors",
    "load_faults": "faults",
}

__all__ = [
    "Fault",
    "FaultFileError",
    "Fleet",
    "FleetError",
    "FleetSpec",
    "SimulatorError",
    "load_faults",
    "serve",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
