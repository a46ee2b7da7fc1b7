"""Screen 2: alerts listed, folded, told, acknowledged, silenced, noted, filtered and exported."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot

from owtui.console import alertpanel
from owtui.console.app import ConsoleApp
from owtui.console.screens.alerts import AlertsScreen
from owtui.console.screens.charts import ChartsScreen
from owtui.console.screens.device import DeviceScreen
from owtui.engine.events import AlertChanged
from owtui.engine.monitoring.alerts.entries import AlertText
from tests.console.driving import driven, press, settled, shown, type_text, until
from tests.console.seed import NOW
from tests.console.watchseed import BEHIND, alert_id


def text(pilot: Pilot[Any]) -> str:
    return "\n".join(shown(pilot.app))


async def listed(pilot: Pilot[Any]) -> AlertsScreen:
    """Go to the list, and wait for it and for the story of the first."""
    await press(pilot, "2")
    await until(pilot, lambda: "ap-roof-07" in text(pilot) and "Nothing" not in text(pilot))
    return cast(AlertsScreen, pilot.app.screen)


async def story(pilot: Pilot[Any], name: str, kind: str) -> AlertText:
    app = cast(ConsoleApp, pilot.app)
    return await app.bridge.call(lambda engine: engine.alerts.get(alert_id(name, kind)))


def line_of(pilot: Pilot[Any], name: str) -> str:
    return next(line for line in shown(pilot.app) if name in line)


def hints(pilot: Pilot[Any]) -> list[str]:
    """The labels of the keys that do something."""
    return [key.label for key in cast(AlertsScreen, pilot.app.screen).usable_keys()]


async def test_2_lists_what_is_wrong_the_critical_ones_first(watched: Path) -> None:
    async with driven(watched) as pilot:
        screen = await listed(pilot)
        assert "open 7" in shown(pilot.app)[0]
        assert "CRIT" in line_of(pilot, "ap-roof-07")
        assert "6m" in line_of(pilot, "ap-roof-07")
        assert "open" in line_of(pilot, "ap-roof-07")
        assert "ack eva" in line_of(pilot, "ap-roof-06")
        assert "silent 20:12" in line_of(pilot, "cpe-01")
        assert "flap ×6" in line_of(pilot, "ap-yard-02")
        assert "CPU 91 % > 90 % for 4 m" in text(pilot)
        assert screen.table.order[:2] == [
            str(alert_id("gw-harbour", "ping")),
            str(alert_id("ap-roof-07", "ping")),
        ]


async def test_the_status_line_of_every_screen_tells_how_many(watched: Path) -> None:
    async with driven(watched, (120, 40)) as pilot:
        await until(pilot, lambda: "✖2 crit" in shown(pilot.app)[-2])
        assert "!5 warn" in shown(pilot.app)[-2]


async def test_nothing_wrong_is_said_and_nothing_is_offered(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "2")
        await until(pilot, lambda: "Nothing is wrong." in text(pilot))
        assert "crit" not in text(pilot)
        assert "ack" not in hints(pilot)
        assert "open" not in hints(pilot)


async def test_what_a_cause_explains_is_folded_under_it_and_f_shows_it(watched: Path) -> None:
    async with driven(watched) as pilot:
        screen = await listed(pilot)
        assert line_of(pilot, "gw-harbour").rstrip().endswith("open ▸3")
        assert BEHIND[0] not in "\n".join(shown(pilot.app)[2:10])
        await press(pilot, "home", "f")
        assert line_of(pilot, "gw-harbour").rstrip().endswith("open ▾3")
        keys = [str(alert_id(name, "ping")) for name in BEHIND]
        assert list(screen.table.order[1:4]) == keys
        assert f"└─ {BEHIND[0]}" in text(pilot)
        await press(pilot, "o", "3")  # by device: they stay under their cause
        at = screen.table.order.index(str(alert_id("gw-harbour", "ping")))
        assert set(screen.table.order[at + 1 : at + 4]) == set(keys)
        await press(pilot, "down", "f")
        assert screen.table.cursor_key == str(alert_id("gw-harbour", "ping"))
        assert keys[0] not in screen.table.order


async def test_a_filter_of_words_finds_what_is_folded_too(watched: Path) -> None:
    async with driven(watched) as pilot:
        screen = await listed(pilot)
        await type_text(pilot, "/device=ap-hall-02")
        await press(pilot, "enter")
        assert list(screen.table.order) == [str(alert_id("ap-hall-02", "ping"))]
        await press(pilot, "escape")
        await type_text(pilot, "/sev=warn")
        await press(pilot, "enter")
        assert "ap-roof-07" not in "\n".join(shown(pilot.app)[1:12])
        await press(pilot, "left_square_bracket")
        assert len(screen.table.order) == 7


async def test_f_shows_what_nobody_looks_after(watched: Path) -> None:
    async with driven(watched) as pilot:
        screen = await listed(pilot)
        await press(pilot, "F")
        rows = set(screen.table.order)
        assert str(alert_id("ap-roof-06", "disk")) not in rows
        assert str(alert_id("cpe-01", "memory")) not in rows
        assert str(alert_id("ap-roof-07", "ping")) in rows


async def test_the_panel_tells_the_story_once_the_cursor_rests(watched: Path) -> None:
    async with driven(watched, (120, 40)) as pilot:
        await listed(pilot)
        await press(pilot, "down")
        await until(pilot, lambda: "JUST BEFORE" in text(pilot))
        await until(pilot, lambda: "job 41 “channel 100” success" in text(pilot))
        assert "16:06:00" in text(pilot)
        assert "Last seen" in text(pilot)
        await until(pilot, lambda: "ap-roof-01 neighbour on br-lan" in text(pilot))


async def test_moving_the_cursor_asks_nobody(
    watched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with driven(watched) as pilot:
        await listed(pilot)
        await until(pilot, lambda: "JUST BEFORE" in text(pilot))
        await settled(pilot)
        app = cast(ConsoleApp, pilot.app)
        asked = []
        call = app.bridge.call

        async def counted(ask: Any) -> Any:
            asked.append(ask)
            return await call(ask)

        app.bridge.call = counted  # type: ignore[method-assign]
        monkeypatch.setattr(alertpanel, "REST_S", 3600.0)  # a cursor that never rests
        await press(pilot, "down", "down", "down", "up")
        assert asked == []
        monkeypatch.setattr(alertpanel, "REST_S", 0.01)
        await press(pilot, "up")
        await until(pilot, lambda: len(asked) == 1)  # one question where it rests
        await settled(pilot)
        await press(pilot, "up", "down")
        await settled(pilot)
        assert len(asked) == 1  # what was read is known


async def test_an_alert_is_acknowledged_with_a_note_and_that_is_taken_back(watched: Path) -> None:
    async with driven(watched) as pilot:
        await listed(pilot)
        await press(pilot, "home", "exclamation_mark")
        await press(pilot, *"mine", "f5")
        await until(pilot, lambda: "ack eva" in line_of(pilot, "gw-harbour"))
        found = await story(pilot, "gw-harbour", "ping")
        assert (found.row.acked_by, found.row.note) == ("eva", "mine")
        assert (found.timeline[-1].kind, found.timeline[-1].operator) == ("acked", "eva")
        await press(pilot, "exclamation_mark", "y")
        await until(pilot, lambda: "ack eva" not in line_of(pilot, "gw-harbour"))


async def test_the_marked_ones_are_silenced_for_an_hour_together(watched: Path) -> None:
    async with driven(watched) as pilot:
        await listed(pilot)
        await press(pilot, "home", "space", "space", "S")
        assert "Silence 2 alerts" in text(pilot)
        await press(pilot, "1")
        await until(pilot, lambda: "silent 17:12" in line_of(pilot, "ap-roof-07"))
        assert "silent 17:12" in line_of(pilot, "gw-harbour")
        found = await story(pilot, "ap-roof-07", "ping")
        assert found.row.silenced_until is not None
        assert (found.row.silenced_until - NOW).total_seconds() == 3600


async def test_silence_until_a_time_is_checked_and_ended(watched: Path) -> None:
    async with driven(watched) as pilot:
        await listed(pilot)
        await press(pilot, "home", "S", "u")
        await type_text(pilot, "soon")
        await press(pilot, "f5")
        assert "That is no time." in text(pilot)
        await press(pilot, *["backspace"] * 4)
        await type_text(pilot, "2026-11-23 18:30")
        await press(pilot, "f5")
        await until(pilot, lambda: "silent 18:30" in line_of(pilot, "gw-harbour"))
        await press(pilot, "S", "a")
        await until(pilot, lambda: "silent" not in line_of(pilot, "gw-harbour"))


async def test_a_note_is_kept_and_told(watched: Path) -> None:
    async with driven(watched) as pilot:
        await listed(pilot)
        await press(pilot, "home", "n")
        await type_text(pilot, "port 7 of sw-1")
        await press(pilot, "f5")
        await until(pilot, lambda: "port 7 of sw-1" in text(pilot))
        assert (await story(pilot, "gw-harbour", "ping")).row.note == "port 7 of sw-1"


async def test_read_only_shows_them_and_says_nothing(watched: Path) -> None:
    async with driven(watched, read_only=True) as pilot:
        await listed(pilot)
        told = hints(pilot)
        assert "ack" not in told and "silence" not in told and "note" not in told
        assert "open" in told


async def test_enter_opens_the_device_and_back_finds_the_row_again(watched: Path) -> None:
    async with driven(watched) as pilot:
        await listed(pilot)
        await press(pilot, "home", "down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DeviceScreen))
        assert "ap-roof-07" in shown(pilot.app)[0]
        await press(pilot, "left_square_bracket")
        await until(pilot, lambda: isinstance(pilot.app.screen, AlertsScreen))
        screen = cast(AlertsScreen, pilot.app.screen)
        assert screen.table.cursor_key == str(alert_id("ap-roof-07", "ping"))


async def test_m_shows_the_charts_around_the_minute_at_which_it_opened(watched: Path) -> None:
    async with driven(watched, (120, 40)) as pilot:
        alerts = await listed(pilot)
        await press(pilot, "end")
        assert alerts.table.cursor_key == str(alert_id("ap-yard-02", "wifi_clients_max"))
        await press(pilot, "m")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChartsScreen))
        screen = cast(ChartsScreen, pilot.app.screen)
        await until(pilot, lambda: not screen.charts.window.moves)
        assert screen.charts.window.text == "2026-11-23 09:02:00/2026-11-23 12:02:00"
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, AlertsScreen)


async def test_what_moves_elsewhere_is_shown(watched: Path) -> None:
    async with driven(watched) as pilot:
        await listed(pilot)
        app = cast(ConsoleApp, pilot.app)

        async def ack(engine: Any) -> None:
            await engine.alerts.ack([alert_id("ap-roof-02", "cpu")], "")
            engine.bus.publish(AlertChanged("*"))

        await app.bridge.call(ack)
        await until(pilot, lambda: "ack eva" in line_of(pilot, "ap-roof-02"))


async def test_they_are_exported_and_described(watched: Path, tmp_path: Path) -> None:
    async with driven(watched) as pilot:
        await listed(pilot)
        for name in ("out.csv", "out.json"):
            await press(pilot, "E", *["backspace"] * len("alerts.csv"))
            await type_text(pilot, str(tmp_path / name))
            await press(pilot, "f5")
            await until(pilot, lambda name=name: (tmp_path / name).exists())
        rows = list(csv.DictReader(StringIO((tmp_path / "out.csv").read_text())))
        assert [row["device"] for row in rows][:2] == ["gw-harbour", "ap-roof-07"]
        told = json.loads((tmp_path / "out.json").read_text())
        assert told[0]["behind"] == 3
        await press(pilot, "down", "d")
        await until(pilot, lambda: "JUST BEFORE" in text(pilot))


async def test_the_command_filters_and_the_next_session_finds_it_so(watched: Path) -> None:
    async with driven(watched) as pilot:
        await type_text(pilot, ":alerts sev=crit")
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, AlertsScreen))
        await until(pilot, lambda: "/sev=crit" in shown(pilot.app)[0])
        pilot.app.exit()
    async with driven(watched) as pilot:
        await until(pilot, lambda: "/sev=crit" in shown(pilot.app)[0])
        screen = cast(AlertsScreen, pilot.app.screen)
        await until(pilot, lambda: len(screen.table.order) == 2)


async def test_the_list_fits_80x24_and_ascii(watched: Path) -> None:
    async with driven(watched, ascii=True) as pilot:
        await listed(pilot)
        assert all(line.isascii() for line in shown(pilot.app))
        assert "open +3" in line_of(pilot, "gw-harbour")
