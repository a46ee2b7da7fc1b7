"""The lab's devices, for the tests that need the real server and the real shell."""

from __future__ import annotations

from tests.lab.fixtures import lab_device, lab_fleet, openssh_device

__all__ = ["lab_device", "lab_fleet", "openssh_device"]
