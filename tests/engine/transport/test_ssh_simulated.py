"""Cut commands on simulated devices end there as they do on real ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from owtui.engine.transport.base import HostKeyPolicy, Login, Shell, Target
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.engine.transport.pool import Pool
from owtui.errors import DeadlineError
from owtui.simulator import Fleet, FleetSpec
from owtui.simulator.fleet import SimulatedDevice
from storage.secrets import Secret

SOON_S = 5.0  # ending gives up after six seconds; what is cut here leaves it at work
COMMANDS = (
    "sleep 1000",
    "sleep 1000; sleep 1000",
    "sleep 1000 & sleep 1000 | cat; echo never",
    "sh -c 'sleep 1000; sleep 1000'; sleep 1000",
    "(sleep 1000; sleep 1000) & wait",
    "while :; do sleep 1000; done",
)


@pytest.fixture
async def router() -> AsyncIterator[SimulatedDevice]:
    async with Fleet(FleetSpec(devices=1)) as fleet:
        yield fleet.devices[0]


@pytest.fixture
async def shell(router: SimulatedDevice) -> AsyncIterator[Shell]:
    """The device as the engine reaches any."""
    login = Login(uuid4(), "password", secret=Secret(router.password), port=router.port)
    target = Target(uuid4(), router.name, (router.address,), (login,), HostKeyPolicy.STRICT)

    async def resolve(device_id: UUID) -> Target:
        return target

    pool = Pool(resolve, MemoryHostKeys({target.device_id: (router.host_key,)}))
    async with pool.shell(target.device_id) as shell:
        yield shell
    await pool.close()


async def sleeping(shell: Shell) -> str:
    return (await shell.run("ps w | grep '[s]leep 1000'")).text


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_command_that_takes_too_long_is_ended_with_all_it_started(
    shell: Shell, command: str
) -> None:
    async with asyncio.timeout(SOON_S):
        with pytest.raises(DeadlineError) as caught:
            await shell.run(command, timeout=0.1)
    assert caught.value.hint == "It was ended on the device."
    assert await sleeping(shell) == ""


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_cancelled_command_leaves_nothing(
    router: SimulatedDevice, shell: Shell, command: str
) -> None:
    asked = asyncio.create_task(shell.run(command))
    async with asyncio.timeout(SOON_S):
        while not any(p.name == "sleep" for p in router.device.processes):  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
    assert await sleeping(shell) == ""


async def test_what_an_earlier_command_detached_goes_on(shell: Shell) -> None:
    await shell.run("(sleep 1000) >/dev/null 2>&1 </dev/null &")
    with pytest.raises(DeadlineError):
        await shell.run("sleep 2000", timeout=0.1)
    assert "sleep 1000" in await sleeping(shell)
