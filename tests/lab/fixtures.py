"""Fixtures of the lab; another folder's conftest imports those it wants by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.lab.device import LabDevice, LabSpec
from tests.lab.openssh import OpenSshServer, OpenSshSpec


@pytest.fixture(scope="module")
def lab_device() -> Iterator[LabDevice]:
    """One device with root's password `labpass`, shared by the tests of a module."""
    with LabDevice() as device:
        yield device


@pytest.fixture
def lab_fleet() -> Iterator[Callable[..., list[LabDevice]]]:
    """Return a starter of devices for one test: `lab_fleet(3)` or `lab_fleet(spec, …)`."""
    with ExitStack() as running:

        def start(*wanted: LabSpec | int) -> list[LabDevice]:
            specs: list[LabSpec] = []
            for item in wanted:
                specs += [LabSpec()] * item if isinstance(item, int) else [item]
            return [running.enter_context(LabDevice(spec)) for spec in specs]

        yield start


@pytest.fixture
def openssh_device() -> Iterator[Callable[..., OpenSshServer]]:
    """Return a starter of OpenSSH servers for one test: `openssh_device(authorized_keys=(…,))`."""
    with ExitStack() as running:

        def start(**options: Any) -> OpenSshServer:
            return running.enter_context(OpenSshServer(OpenSshSpec(**options)))

        yield start
