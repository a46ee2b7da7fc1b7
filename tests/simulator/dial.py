"""Calling a simulated device as its clients do."""

from __future__ import annotations

from typing import Any

import asyncssh

from owtui.simulator.fleet import SimulatedDevice


def connect(device: SimulatedDevice, **options: Any) -> Any:
    """Return asyncssh's connection to a device, with its password unless told otherwise."""
    chosen: dict[str, Any] = {
        "port": device.port,
        "username": "root",
        "password": device.password,
        "known_hosts": None,
        "client_keys": None,
        "config": None,
        "agent_path": None,
        "server_host_key_algs": ["ssh-ed25519", "rsa-sha2-256"],
        "connect_timeout": 5,
        "login_timeout": 5,
    }
    return asyncssh.connect(device.address, **(chosen | options))
