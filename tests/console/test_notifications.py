"""Notifications in the console: a badge, one toast a batch, a list to read, open and ignore."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from textual.pilot import Pilot

from owtui.console.app import ConsoleApp
from owtui.console.screens.device import DeviceScreen
from owtui.console.screens.notices import NoticesScreen
from owtui.console.screens.notifications import NotificationsScreen
from owtui.console.storm import Storm
from owtui.engine.monitoring.past import Picture
from owtui.engine.notifications.telling import Telling
from storage import notifications
from tests.console.driving import driven, press, shown, type_text, until
from tests.console.seed import NOW, id_of


def _app(pilot: Pilot[Any]) -> ConsoleApp:
    return cast(ConsoleApp, pilot.app)


def _told(number: int, device: UUID | None = None, level: str = "warning") -> Telling:
    text = f"The device ap-roof-01 is not reachable ({number})."
    return Telling("ping_problem", level, text, NOW - timedelta(minutes=5), device_id=device)


async def _tell(pilot: Pilot[Any], *told: Telling, at: int = 1) -> None:
    """As another process would: written, then told by the bus."""
    app = _app(pilot)
    engine = app.bridge.engine
    assert engine is not None
    desk = engine.notifications
    desk.teller.present = lambda: NOW + timedelta(seconds=at)

    def write(session: Any) -> Any:
        notifications.know(session, desk.operator.name)
        return desk.tell(session, told)

    engine.bus.publish(*engine.database.write(write))


async def _open(pilot: Pilot[Any]) -> NotificationsScreen:
    await type_text(pilot, ":notifications")
    await press(pilot, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, NotificationsScreen))
    await press(pilot)
    return cast(NotificationsScreen, pilot.app.screen)


def _toasts(pilot: Pilot[Any]) -> list[str]:
    return [one.text for one in _app(pilot).session.notices]


async def test_what_is_told_is_a_badge_and_one_toast_for_all_of_it(folder: Path) -> None:
    async with driven(folder, (120, 40)) as pilot:
        await _tell(pilot, *(_told(number) for number in range(4)))
        await until(pilot, lambda: _app(pilot).session.unread == 4 and bool(_toasts(pilot)))
        assert len(_toasts(pilot)) == 1
        assert _toasts(pilot)[0].endswith("And 3 more: :notifications lists them.")
        await until(pilot, lambda: any("4 unread" in line for line in shown(pilot.app)))


async def test_what_is_told_while_another_time_is_shown_comes_now(folder: Path) -> None:
    async with driven(folder, (120, 40)) as pilot:
        session = _app(pilot).session
        await _tell(pilot, *(_told(number) for number in range(4)))
        await until(pilot, lambda: len(_toasts(pilot)) == 1)
        session.now = lambda: NOW + timedelta(hours=1)
        session.go_back(Picture(NOW - timedelta(days=1), session.rows, 0))
        await _tell(pilot, *(_told(number) for number in range(4, 8)), at=3600)
        await until(pilot, lambda: len(_toasts(pilot)) == 2)
        assert _toasts(pilot)[0].endswith("And 3 more: :notifications lists them.")


async def test_enter_opens_the_device_and_marks_it_read(folder: Path) -> None:
    async with driven(folder, (120, 40)) as pilot:
        await _tell(pilot, _told(1, id_of("ap-roof-01")))
        await until(pilot, lambda: _app(pilot).session.unread == 1)
        await _open(pilot)
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DeviceScreen))
        await until(pilot, lambda: _app(pilot).session.unread == 0)


async def test_the_marked_are_read_with_m_and_all_with_shift_m(folder: Path) -> None:
    async with driven(folder, (120, 40)) as pilot:
        await _tell(pilot, *(_told(number) for number in range(5)))
        screen = await _open(pilot)
        await until(pilot, lambda: len(screen.table.order) == 5)
        await press(pilot, "space", "space")
        await press(pilot, "m")
        await until(pilot, lambda: _app(pilot).session.unread == 3)
        await press(pilot, "M")
        await until(pilot, lambda: _app(pilot).session.unread == 0)
        assert not any(" unread" in line for line in shown(pilot.app)[-3:])


async def test_i_ignores_the_device_for_a_while(folder: Path) -> None:
    async with driven(folder, (120, 40)) as pilot:
        await _tell(pilot, _told(1, id_of("ap-roof-01")))
        screen = await _open(pilot)
        await until(pilot, lambda: len(screen.table.order) == 1)
        await press(pilot, "i")
        await press(pilot, "w")
        await until(pilot, lambda: "ap-roof-01 is ignored: 1w." in _toasts(pilot))
        engine = _app(pilot).bridge.engine
        assert engine is not None
        name = engine.notifications.operator.name
        (row,) = engine.database.read(lambda s: notifications.ignored(s, NOW, name))
        assert row.device_id == id_of("ap-roof-01") and row.valid_till is not None


async def test_tab_turns_between_notifications_and_notices(folder: Path) -> None:
    async with driven(folder) as pilot:
        await _open(pilot)
        await press(pilot, "tab")
        assert isinstance(pilot.app.screen, NoticesScreen)
        await press(pilot, "tab")
        assert isinstance(pilot.app.screen, NotificationsScreen)


@pytest.mark.parametrize(
    ("chosen", "level", "rings"),
    [
        ({"notify_bell": True}, "warning", 1),
        ({"notify_bell": True}, "info", 0),
        ({"notify_bell": True, "low_bandwidth": True}, "error", 0),
        ({}, "error", 0),
    ],
)
async def test_the_bell_rings_for_problems_where_it_is_wanted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, chosen: dict[str, Any], level: str, rings: int
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(ConsoleApp, "bell", lambda self: rung.append(1))
    async with driven(folder, (120, 40), **chosen) as pilot:
        await _tell(pilot, _told(1, level=level))
        await until(pilot, lambda: _app(pilot).session.unread == 1)
        assert len(rung) == rings


async def test_who_opens_the_console_is_known_but_not_by_looking_alone(folder: Path) -> None:
    for read_only in (True, False):
        async with driven(folder, read_only=read_only) as pilot:
            engine = _app(pilot).bridge.engine
            assert engine is not None
            known = [] if read_only else [engine.notifications.operator.name]
            found = engine.database.read(notifications.recipients)
            assert [one.operator for one in found] == known


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_it_fits_every_size_in_ascii(folder: Path, size: tuple[int, int]) -> None:
    async with driven(folder, size, ascii=True, color=False) as pilot:
        await _tell(pilot, _told(1, id_of("ap-roof-01")))
        screen = await _open(pilot)
        await until(pilot, lambda: len(screen.table.order) == 1)
        pilot.app.clear_notifications()
        await press(pilot)
        lines = shown(pilot.app)
        assert all(line.isascii() for line in lines)
        assert "not reachable" in lines[2]


# -- the rule for storms ---------------------------------------------------------------------


def test_seven_in_ten_seconds_are_a_storm_and_six_are_not() -> None:
    storm = Storm()
    calm = [storm.toast([f"{n}"], NOW + timedelta(seconds=n)) for n in range(6)]
    assert calm == ["0", "1", "2", "3", "4", "5"]
    said = storm.toast(["6"], NOW + timedelta(seconds=9))
    assert said == "1 notification at once: :notifications lists them."
    assert storm.toast(["7"], NOW + timedelta(seconds=10)) is None


def test_a_long_text_is_cut_at_a_word() -> None:
    said = Storm().toast(["it offered " + "x" * 60 + " instead of " + "y" * 90, "a b " * 60], NOW)
    assert said is not None and said.startswith("a b a") and " … And 1 more:" in said
    assert len(said) < 200


def test_thirty_one_in_three_minutes_are_a_storm_too() -> None:
    storm = Storm()
    times = [NOW + timedelta(seconds=5.8 * n) for n in range(31)]
    said = [storm.toast([f"{n}"], at) for n, at in enumerate(times)]
    assert said[:30] == [f"{n}" for n in range(30)]
    assert said[30] == "1 notification at once: :notifications lists them."


def test_a_storm_is_told_once_a_minute_with_how_many_came() -> None:
    storm = Storm()
    said = [storm.toast(["x"] * 10, NOW + timedelta(seconds=n)) for n in range(61)]
    told = [text for text in said if text]
    assert told == [
        "10 notifications at once: :notifications lists them.",
        "600 notifications at once: :notifications lists them.",
    ]
    later = NOW + timedelta(minutes=10)
    assert storm.toast(["calm again"], later) == "calm again"


def test_what_came_unsaid_in_a_storm_is_said_with_the_next() -> None:
    storm = Storm()
    storm.toast(["x"] * 10, NOW)
    assert storm.toast(["y"] * 3, NOW + timedelta(seconds=20)) is None
    said = storm.toast(["z"], NOW + timedelta(minutes=10))
    assert said == "4 more notifications: :notifications lists them."


def test_a_batch_is_one_toast_however_many_devices_it_is_of() -> None:
    assert Storm().toast(["a", "b", "c"], NOW) == "c And 2 more: :notifications lists them."
    assert Storm().toast([], NOW) is None
