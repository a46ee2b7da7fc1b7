"""The flash with every answer that may get lost: what is concluded is what the device did.

The device is a model behind the verbs' own command lines; its clock jumps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import Session

from owtui.engine.firmware.aim import Aim
from owtui.engine.firmware.flashing import Flashing
from owtui.engine.firmware.upgrading import Upgrade
from owtui.engine.jobs import book
from owtui.engine.jobs.noreturn import NO_RETURN, SENT
from owtui.engine.transport.base import CommandResult
from owtui.errors import DeviceError, Kind, LostError, UnreachableError
from storage.core import JOB_RESULT
from storage.db import Database
from tests.engine.jobs.twins import House, build

AIM = Aim("1", Path("x.bin"), "x.bin", "ab" * 32, 9, (), "24.10.9")
RETURN_S = 400.0  # longer than all that may get lost


@dataclass
class Model:
    """A device: `looks` until it reboots once it flashes, or refuses; what is lost, by turn.

    lost: for each exec "" (answered), "before" (it never came) or "after" (done, not answered)
    """

    refuses: bool = False
    stuck: bool = False
    looks: int = 2
    lost: list[str] = field(default_factory=list)
    boot: str = "b1"
    log: str | None = None
    starts: int = 0
    asked_late: int = 0

    def answer(self, command: str) -> CommandResult:
        """One exec, as ash would do it."""
        lost = self.lost.pop(0) if self.lost else ""
        if lost == "before":
            raise UnreachableError("ap does not answer.")
        said = self._do(command)
        if lost == "after":
            raise LostError("The connection to ap went away.")
        return CommandResult(said.encode(), b"", 0)

    def _do(self, command: str) -> str:
        if "start-stop-daemon" in command:
            self.asked_late += self.boot != "b1"
            if self.boot == "b1" and self.log is None:
                self.starts += 1
                self.log = "no\nrc=1\n" if self.refuses else "Saving config files...\n"
            return ""
        if not command.startswith("echo boot"):
            return ""  # services, the image: not what this is about
        if self.log is not None and not self.refuses and not self.stuck:
            self.looks -= 1
            if self.looks <= 0 and self.boot == "b1":
                self.boot, self.log = "b2", None
        head = f"boot {self.boot}\nversion 24.10.0\n"
        return head if self.log is None else f"{head}log\n{self.log}"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One device and a job that has begun on it."""
    folder = tmp_path_factory.mktemp("flashing")
    database = Database.open(f"sqlite:///{folder / 'owtui.db'}")
    yield build(database, folder, 1)
    database.close()


async def flashing(house: House, model: Model, *, mark: int = 0) -> Flashing:
    """A device at this mark; `flash` and `come_back` are to be called."""
    job = await house.jobs.submit(await house.jobs.plan("reboot", house.rows, {}))
    device_id = house.rows[0].id

    def begin(session: Session) -> None:
        book.begin_job(session, job.id, house.means.now())
        book.start_results(session, job.id, [device_id], house.means.now())
        mine = (JOB_RESULT.c.job_id == job.id, JOB_RESULT.c.device_id == device_id)
        session.execute(update(JOB_RESULT).where(*mine).values(mark=mark))

    await house.means.database.awrite(begin)
    house.device(0).answer = model.answer
    memo: dict[str, Any] = {"test": {"boot": "b1"}, "check": {"sums": {}}}
    task = house.means.task(job.id, device_id, "ap", {}, lambda text: None, memo)
    return Flashing(Upgrade(task, AIM, {}, lambda: 0.0), RETURN_S)


async def both(flash: Flashing) -> dict[str, Any]:
    """The two steps, one after the other."""
    flash.upgrade.task.memo["flash"] = await flash.flash()
    return await flash.come_back()


MODELS = st.builds(
    Model,
    refuses=st.booleans(),
    stuck=st.booleans(),
    looks=st.integers(1, 5),
    lost=st.lists(st.sampled_from(["", "before", "after"]), max_size=40),
)


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(MODELS)
async def test_whatever_is_lost_it_starts_once_and_is_understood(
    house: House, model: Model
) -> None:
    flash = await flashing(house, model)
    try:
        await both(flash)
    except DeviceError as error:
        wrong = model.refuses or model.stuck or not model.starts
        assert wrong, error
        if model.refuses and model.starts:
            assert error.kind is Kind.WRONG_MODEL
            assert "sysupgrade flashed nothing: no" in error.sentence
        elif model.starts:
            assert (error.kind, model.boot) == (Kind.UNKNOWN, "b1")
            assert "it never rebooted" in error.sentence
    else:
        assert model.boot == "b2"
    assert model.starts <= 1
    assert not model.asked_late, "a start was asked for in another boot"


async def test_a_boot_that_is_another_before_anything_was_sent_is_not_flashed(
    house: House,
) -> None:
    model = Model(boot="b2")
    flash = await flashing(house, model, mark=NO_RETURN)
    with pytest.raises(DeviceError, match="rebooted before it was flashed") as error:
        await flash.flash()
    assert (error.value.kind, model.starts) == (Kind.CHANGED, 0)


async def test_one_that_was_sent_and_is_in_another_boot_has_flashed(house: House) -> None:
    model = Model(boot="b2")
    flash = await flashing(house, model, mark=SENT)
    assert (await both(flash))["tries"] == 1
    assert model.starts == 0


async def test_one_that_cannot_be_reached_before_it_was_sent_is_told_so(house: House) -> None:
    model = Model(lost=["before"] * 99)
    flash = await flashing(house, model)
    with pytest.raises(DeviceError, match="does not answer") as error:
        await flash.flash()
    assert (error.value.kind, model.starts) == (Kind.UNREACHABLE, 0)
