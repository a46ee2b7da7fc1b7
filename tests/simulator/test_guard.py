"""The simulated guard speaks the protocol of the real one, and really lets go and takes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncssh
import pytest

from owtui.engine.configs.guard import Bundle, Refusal, State, Verb, line, parse
from owtui.engine.configs.model import File
from owtui.engine.openwrt.sums import md5
from owtui.simulator import Fleet, FleetSpec

SYSTEM = "/etc/config/system"
DROPBEAR = "/etc/config/dropbear"


class Asked:
    """One simulated device and what its guard is told."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.host = fleet.devices[0]
        self.device = self.host.device

    async def run(self, command: str, stdin: bytes = b"") -> str:
        """A command over a connection of its own."""
        async with asyncssh.connect(
            self.host.address,
            self.host.port,
            username="root",
            password=self.host.password,
            known_hosts=None,
            config=None,
        ) as connection:
            result = await connection.run(command, input=stdin, encoding=None)
        return bytes(result.stdout or b"").decode()

    def bundle(self, id_: str = "push-1", **more: Any) -> Bundle:
        """A push that renames the device."""
        text = self.device.files.read(SYSTEM).replace(b"option hostname", b"option was")
        changes = {SYSTEM: File(text)}
        base = {SYSTEM: md5(self.device.files.read(SYSTEM))}
        return Bundle(
            **{"id": id_, "changes": changes, "base": base, "window_s": 3, "settle_s": 0, **more}
        )

    async def start(self, bundle: Bundle) -> Any:
        answer = await self.run(bundle.start_line(), bundle.archive())
        return parse(answer, bundle.id, "ap")

    async def ask(self, verb: Verb, id_: str = "push-1") -> Any:
        return parse(await self.run(line(verb, id_)), id_, "ap")

    async def until(self, state: State) -> None:
        """Ask until it is there."""
        async with asyncio.timeout(20):
            while True:
                answer = await self.ask(Verb.STATUS)
                if answer.state is state:
                    return


@pytest.fixture
async def asked() -> AsyncIterator[Asked]:
    async with Fleet(FleetSpec(devices=1, seed=3, speed=0.05)) as fleet:
        yield Asked(fleet)


async def test_a_push_that_is_confirmed_stays(asked: Asked) -> None:
    assert (await asked.start(asked.bundle())).state is State.STARTED
    await asked.until(State.APPLIED)
    assert (await asked.ask(Verb.CONFIRM)).state is State.CONFIRMED
    assert b"option was" in asked.device.files.read(SYSTEM)
    assert (await asked.ask(Verb.CONFIRM)).state is State.CONFIRMED
    await asked.host.power_cycle()
    assert b"option was" in asked.device.files.read(SYSTEM)
    assert (await asked.ask(Verb.STATUS)).state is State.CONFIRMED


async def test_one_that_nobody_confirms_is_taken_back(asked: Asked) -> None:
    before = asked.device.files.read(SYSTEM)
    await asked.start(asked.bundle(window_s=1))
    await asked.until(State.RESTORED)
    assert (await asked.ask(Verb.STATUS)).reason == "deadline"
    assert asked.device.files.read(SYSTEM) == before


async def test_a_power_cut_brings_the_old_files_back(asked: Asked) -> None:
    before = asked.device.files.read(SYSTEM)
    await asked.start(asked.bundle(window_s=60))
    await asked.host.power_cycle()
    assert asked.device.files.read(SYSTEM) == before
    assert (await asked.ask(Verb.STATUS)).reason == "reboot"


async def test_a_change_that_cuts_the_way_in_really_does(asked: Asked) -> None:
    text = asked.device.files.read(DROPBEAR)
    bundle = asked.bundle(
        changes={DROPBEAR: File(text.replace(b"'22'", b"'2022'"))}, base={DROPBEAR: md5(text)}
    )
    await asked.start(bundle)
    answers: list[Any] = []
    async with asyncio.timeout(30):
        while not answers or answers[-1] is None or answers[-1].state is not State.RESTORED:
            try:
                answers.append(await asked.ask(Verb.STATUS))
            except OSError:
                answers.append(None)
    assert None in answers  # it was away meanwhile
    found = answers[-1]
    assert (found.state, found.reason) == (State.RESTORED, "deadline")


async def test_what_is_staged_waits_for_its_commit(asked: Asked) -> None:
    bundle = asked.bundle(hold_s=60)
    answer = parse(await asked.run(bundle.stage_line(), bundle.archive()), bundle.id, "ap")
    assert answer.state is State.STAGED
    assert b"option was" not in asked.device.files.read(SYSTEM)
    assert (await asked.ask(Verb.COMMIT)).state is State.STARTED
    await asked.until(State.APPLIED)
    assert (await asked.ask(Verb.RESTORE)).state in (State.RESTORED, State.RESTORING)
    assert b"option was" not in asked.device.files.read(SYSTEM)


async def test_it_refuses_in_the_words_of_the_real_one(asked: Asked) -> None:
    assert (await asked.start(asked.bundle(base={SYSTEM: "0" * 32}))).refusal is Refusal.CHANGED
    broken = asked.bundle(changes={SYSTEM: File(b"option without section\n")})
    assert (await asked.start(broken)).refusal is Refusal.SYNTAX
    await asked.run("uci set system.@system[0].timezone=GMT0")
    assert (await asked.start(asked.bundle())).refusal is Refusal.STAGED
    await asked.run("uci revert system")
    asked.device.fill_flash(True)
    assert (await asked.start(asked.bundle())).refusal is Refusal.NOSPACE
    asked.device.fill_flash(False)
    await asked.start(asked.bundle(window_s=60))
    assert (await asked.start(asked.bundle("push-2"))).refusal is Refusal.PENDING


async def test_a_watchdog_that_is_killed_comes_back_as_a_service_of_procd_does(
    asked: Asked,
) -> None:
    before = asked.device.files.read(SYSTEM)
    await asked.start(asked.bundle(window_s=60))
    for _ in range(2):  # the second one, too
        [watch] = [one for one in asked.device.processes if "guard watch" in one.command]
        assert asked.device.processes.kill(watch.pid, 9)
        async with asyncio.timeout(10):
            while asked.device.processes.get(watch.pid) is watch:  # noqa: ASYNC110  # tells nobody
                await asyncio.sleep(0)
            while not any("guard watch" in one.command for one in asked.device.processes):  # noqa: ASYNC110  # nor this
                await asyncio.sleep(0)
    asked.device.files.write("/tmp/owtui/deadline", b"0")
    await asked.until(State.RESTORED)
    assert asked.device.files.read(SYSTEM) == before


async def test_a_full_flash_takes_it_back_with_the_record_that_was_written_in_time(
    asked: Asked,
) -> None:
    before = asked.device.files.read(SYSTEM)
    await asked.start(asked.bundle(window_s=60))
    asked.device.fill_flash(True)
    asked.device.files.write("/tmp/owtui/deadline", b"0")
    await asked.until(State.RESTORED)
    assert (await asked.ask(Verb.STATUS)).reason == "unknown"
    assert asked.device.files.read(SYSTEM) == before
    assert not asked.device.files.find("/etc/owtui/guard")
