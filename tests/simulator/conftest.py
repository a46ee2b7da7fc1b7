"""Devices to try: one without sockets, and a small fleet with them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from owtui.simulator import Fleet, FleetSpec
from tests.simulator.rig import Bench, identity


@pytest.fixture
async def bench() -> Bench:
    return Bench(identity())


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    async with Fleet(FleetSpec(devices=3, speed=0.02, luci="full")) as running:
        yield running
