"""Screen 4: the list of batches; one batch with stages, devices and their logs; its keys."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from owtui.console.app import ConsoleApp
from owtui.console.presenters import upgrades as presenter
from owtui.console.screens.batch import BatchScreen
from owtui.console.screens.job import JobScreen
from owtui.console.screens.text import TextScreen
from owtui.console.upgrading import items
from owtui.engine.firmware.entries import BuildRow
from owtui.engine.jobs.result import Result
from owtui.engine.jobs.state import ResultState
from owtui.errors import Failure, Kind
from storage.joblines import Line
from tests.console.driving import driven, press, shown, type_text, until
from tests.console.seed import NOW
from tests.console.upgradeseed import batch_id, sow_upgrades
from widgets.form import FormDialog
from widgets.glyphs import ASCII, UTF8


@pytest.fixture
def upgraded(folder: Path) -> Path:
    """The seeded fleet with two batches."""
    sow_upgrades(folder / "owtui.db")
    return folder


async def test_the_list_has_upgrades_alone_and_opens_a_batch_from_anywhere(upgraded: Path) -> None:
    async with driven(upgraded, (120, 40)) as pilot:
        await press(pilot, "4")
        text = "\n".join(shown(pilot.app))
        assert "roofs/24.10.9 on 30 devices" in text
        assert "reboot" not in text.lower()
        running = next(line for line in shown(pilot.app) if "on 30 devices" in line)
        assert running.split()[-7:-3] == ["running", "4/30", "3", "1"], running
        await type_text(pilot, ":jobs 4")
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, BatchScreen)
        await press(pilot, "6", "down", "down", "enter")
        assert isinstance(pilot.app.screen, JobScreen)
        await type_text(pilot, ":upgrades")
        await press(pilot, "enter", "enter")
        assert "Upgrades › 5" in shown(pilot.app)[0]


async def test_a_batch_tells_stages_what_is_left_and_each_devices_step(upgraded: Path) -> None:
    async with driven(upgraded) as pilot:
        await press(pilot, "4", "enter")
        lines = shown(pilot.app)
        assert "canary 1/1 ▲ │ wave 1 3/8 ↻ │ wave 2 0/21 waiting │ stop if fails ≥ 2" in lines[1]
        assert "4/30" in lines[2]
        assert "eta 35m" in lines[2]
        rows = {line[5:18].strip(): line for line in lines[5:16]}
        assert "24.10.0→24.10.9 verified" in rows["ap-yard-02"]
        assert "5/7 flash, do not unplug" in rows["ap-roof-03"]
        assert "3/7 upload 11.80 MiB" in rows["ap-roof-04"]
        assert "81%" in rows["ap-roof-04"]
        assert "90s" in rows["ap-roof-05"]
        assert "wrong model" in rows["ap-roof-06"]
        assert "saved: safe to disconnect" in lines[-2]


async def test_the_log_is_of_the_device_under_the_cursor_and_enter_shows_all(
    upgraded: Path,
) -> None:
    async with driven(upgraded, (120, 40)) as pilot:
        await press(pilot, "4", "enter", *["down"] * 6)
        text = "\n".join(shown(pilot.app)[-14:])
        assert "ap-roof-06" in text
        assert "the image is for tplink,eap615-wall-v1." in text
        assert "Choose the image of its board." in text
        await press(pilot, "enter")
        assert "ap-roof-06" in shown(pilot.app)[0]
        await press(pilot, "escape", "E")
        text = "\n".join(shown(pilot.app))
        assert "wrong_model" in text or "ap-roof-06 is a" in text


async def test_the_plain_screen_of_a_job_shows_what_a_device_said_on_its_way(
    upgraded: Path,
) -> None:
    async with driven(upgraded, (120, 40)) as pilot:
        assert isinstance(pilot.app, ConsoleApp)
        pilot.app.open_over("job", str(batch_id(5)), "5")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobScreen))
        await until(pilot, lambda: any("ap-roof-06" in line for line in shown(pilot.app)))
        await press(pilot, "tab", *["down"] * 3, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TextScreen))
        text = "\n".join(shown(pilot.app))
        assert "ap-roof-03: in-progress" in text
        assert " 2/7 backup" in text and " 5/7 flash: Upgrade operation in progress..." in text
        assert "1/7 image check: Connection successful" in text


async def test_pause_and_abort_reach_the_engine_and_say_that_flashes_finish(
    upgraded: Path,
) -> None:
    async with driven(upgraded) as pilot:
        await press(pilot, "4", "enter", "P")
        await until(pilot, lambda: "paused" in shown(pilot.app)[2])
        await press(pilot, "X")
        text = " ".join(" ".join(shown(pilot.app)).replace("│", " ").split())
        assert "Devices that flash are finished" in text
        await press(pilot, "y")
        await until(pilot, lambda: "cancelled" in shown(pilot.app)[2])


async def test_the_list_says_of_an_abort_what_is_true_of_upgrades(upgraded: Path) -> None:
    async with driven(upgraded) as pilot:
        await press(pilot, "4")
        await until(pilot, lambda: "X abort" in shown(pilot.app)[-1])
        await press(pilot, "X")
        await until(pilot, lambda: "Abort job" in "\n".join(shown(pilot.app)))
        assert "Devices that flash are finished" in "\n".join(shown(pilot.app))


async def test_the_list_tells_the_build_at_80_columns(upgraded: Path) -> None:
    async with driven(upgraded) as pilot:
        await press(pilot, "4")
        assert "roofs/24.10.9" in "\n".join(shown(pilot.app))


async def test_u_without_a_build_says_how_one_is_made(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "1", "space", "space", "U")
        text = " ".join(" ".join(shown(pilot.app)).split())
        assert "There is no build to upgrade to." in text


async def test_nothing_offers_to_upgrade_in_read_only_mode(upgraded: Path) -> None:
    async with driven(upgraded, read_only=True) as pilot:
        await press(pilot, "U")
        assert not isinstance(pilot.app.screen, FormDialog)
        await press(pilot, "4", "enter")
        assert "abort" not in shown(pilot.app)[-1]


def test_what_is_said_of_safety_is_true_without_a_database() -> None:
    batch = presenter.Batch(saved=NOW - timedelta(seconds=35))
    job = {"finished": None}
    safe = presenter.saved(batch, job, "", "drains and resumes", NOW)
    assert safe.text == "job saved 30s ago: safe to disconnect, drains and resumes"
    assert safe.short == "saved: safe to disconnect"
    assert "NOT saved" in presenter.saved(batch, job, "no database", "it goes on", NOW).text
    over = presenter.saved(batch, {"finished": "2026-11-23T16:00:00Z"}, "", "it goes on", NOW)
    assert "disconnect" not in over.text


def test_a_release_is_shown_by_what_the_plan_says_of_it() -> None:
    assert presenter.way("23.05.5 → 24.10.9  ! Its configuration is not kept.", ASCII) == (
        "23.05.5->24.10.9"
    )
    assert presenter.way("runs 24.10.9 already", UTF8) == ""


def test_times_are_minutes_and_seconds() -> None:
    one = Result(UUID(int=1), "ap", ResultState.IN_PROGRESS, started=NOW - timedelta(seconds=242))
    assert presenter.time(one, NOW) == "4:02"
    assert presenter.time(one, NOW + timedelta(hours=3)) == "3h"


def test_devices_that_are_held_or_away_are_counted_beside_the_bar() -> None:
    one = Result(UUID(int=1), "ap-1", ResultState.PENDING, step="held until Mon 01:00 UTC")
    away = Result(UUID(int=2), "ap-2", ResultState.PENDING, step="pending, try 2", started=NOW)
    told = presenter.progress(presenter.Batch(), [one, away], {}, NOW)[2]
    assert [piece.text for piece in told] == ["pending 1", "held 1"]
    assert presenter.step(one, {}) == "held until Mon 01:00 UTC"


def test_the_log_says_nothing_twice_and_a_blocked_device_is_called_so() -> None:
    one = uuid4()
    told = Line(one, NOW, "5/7 flash: Upgrade operation in progress... Do not unplug it.")
    output = "Upgrade operation in progress...\nUpgrade completed successfully."
    done = Result(one, "ap-1", ResultState.SUCCESS, changed=True, output=output)
    batch = presenter.Batch(lines=[told])
    text = presenter.log(batch, done)
    assert text.count("in progress") == 1 and text.count("completed") == 1
    blocked = Failure(Kind.DENIED, "ap-2 is reached over HTTP alone.")
    assert presenter.result(Result(one, "ap-2", ResultState.SKIPPED, error=blocked)) == "blocked"
    assert presenter.result(Result(one, "ap-2", ResultState.SKIPPED)) == "skipped"


def test_builds_are_offered_newest_first_by_version_and_twins_by_organization() -> None:
    def build(version: str, category: UUID, name: str, owner: str, days: int) -> BuildRow:
        at = NOW - timedelta(days=days)
        return BuildRow(uuid4(), category, name, owner, version, "", "", "", None, at)

    shared, own = uuid4(), uuid4()
    found = items(
        [  # the older release was added after the newer one
            build("24.10.6", shared, "APs", "", 1),
            build("24.10.8", shared, "APs", "", 9),
            build("24.10.8", own, "aps", "Quay", 30),
        ]
    )
    assert [one.key for one in found] == ["/APs/24.10.8", "APs/24.10.6", "Quay/aps/24.10.8"]


def test_two_releases_have_room_without_utf_8() -> None:
    for glyphs in (UTF8, ASCII):
        [way] = [one for one in presenter.columns(glyphs) if one.key == "way"]
        assert way.min_width >= len(presenter.way("24.10.0 → 24.10.9  !", glyphs))


def test_a_clock_that_is_ahead_of_ours_makes_no_time_negative() -> None:
    one = Result(UUID(int=1), "ap", ResultState.IN_PROGRESS, started=NOW + timedelta(seconds=5))
    assert presenter.time(one, NOW) == "0:00"
