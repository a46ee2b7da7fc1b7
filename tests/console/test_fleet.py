"""The fleet screen as a person drives it: filter, marks, sort, preview, the keys that are there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from owtui.console import preview
from owtui.console.app import ConsoleApp
from owtui.console.screens.fleet import FleetScreen
from owtui.engine.events import Notice
from tests.console.driving import driven, press, settled, shown, type_text, until
from tests.console.seed import id_of
from widgets.filterbar import FilterBar
from widgets.footerkeys import FooterKeys


def fleet(pilot: Pilot[Any]) -> FleetScreen:
    screen = pilot.app.screen
    assert isinstance(screen, FleetScreen)
    return screen


def visible(pilot: Pilot[Any]) -> int:
    return len(fleet(pilot).table.order)


def footer(pilot: Pilot[Any]) -> str:
    return shown(pilot.app)[-1]


async def test_the_worst_devices_come_first_and_stale_ages_are_told(folder: Path) -> None:
    async with driven(folder) as pilot:
        lines = shown(pilot.app)
        assert [line[3] for line in lines[2:7]] == ["✖", "✖", "✖", "!", "?"]
        assert any("6m STALE" in line for line in lines)
        assert "40 dev  ▲35  !1  ✖3  ?1" in lines[0]
        assert lines[-1].startswith(" ?help :cmd /filter ␣mark a actions x run U upgrade ⏎open")


async def test_letters_typed_ahead_after_a_slash_are_text_and_never_quit(folder: Path) -> None:
    async with driven(folder) as pilot:
        pilot.app.session.jobs = []  # nothing would hold it back
        for key in ("slash", *"quita"):  # all at once: nobody waits for the line to open
            pilot.app.simulate_key(key)
        bar = fleet(pilot).query_one("#filter", FilterBar)
        await until(pilot, lambda: bar.value == "quita")
        assert pilot.app.is_running
        assert pilot.app.screen is fleet(pilot)


async def test_marks_are_kept_while_a_filter_hides_them_and_the_plan_counts_them(
    folder: Path,
) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "space", "space")
        await type_text(pilot, "/tag=roof")
        await press(pilot, "enter")
        await press(pilot, "space")
        assert "3 marked (1 hidden)" in shown(pilot.app)[-2] or "(2 hidden)" in shown(pilot.app)[-2]
        selection = fleet(pilot).selection()
        assert selection is not None
        assert len(selection) == len(fleet(pilot).table.marks)
        await press(pilot, "escape")
        assert visible(pilot) == 40
        assert "(0 hidden)" in shown(pilot.app)[-2]


async def test_a_mistake_in_a_filter_is_told_under_its_column(folder: Path) -> None:
    async with driven(folder) as pilot:
        await type_text(pilot, "/cpu>much")
        told = "^ cpu> needs a number"
        await until(pilot, lambda: any(one.strip().startswith(told) for one in shown(pilot.app)))
        await press(pilot, "escape")
        assert pilot.app.is_running


async def test_faults_only_shows_what_is_not_well_and_again_all(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "F")
        assert visible(pilot) == 5
        await press(pilot, "F")
        assert visible(pilot) == 40


async def test_the_cursor_stays_on_its_device_when_the_order_changes(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "j", "j", "j")
        here = fleet(pilot).table.cursor_key
        await press(pilot, "o")
        await press(pilot, "6")  # CPU
        assert fleet(pilot).table.sort == ("cpu", False)
        await press(pilot, "O")
        assert fleet(pilot).table.sort == ("cpu", True)
        fleet(pilot).refresh_rows()
        assert fleet(pilot).table.cursor_key == here


async def test_escape_never_leaves_the_console(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, *["escape"] * 5)
        assert pilot.app.is_running
        assert pilot.app.screen is fleet(pilot)


async def test_quitting_asks_while_jobs_run_and_no_is_the_answer_of_enter(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "q")
        assert any("Leave while jobs run?" in line for line in shown(pilot.app))
        await press(pilot, "enter")
        assert pilot.app.is_running
        pilot.app.session.jobs = []
        await pilot.press("q")
    assert pilot.app.return_value == 0


async def test_the_preview_follows_a_resting_cursor_and_a_moving_one_asks_nobody(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with driven(folder, (120, 40)) as pilot:
        asked: list[object] = []
        real = pilot.app.bridge.call
        await until(pilot, lambda: bool(fleet(pilot).told_in_sight))

        async def call(ask: Any) -> Any:
            asked.append(ask)
            return await real(ask)

        monkeypatch.setattr(pilot.app.bridge, "call", call)
        monkeypatch.setattr(preview, "REST_S", 3600.0)  # a cursor that never rests
        await press(pilot, "j", "j")
        assert not asked
        monkeypatch.undo()
        monkeypatch.setattr(pilot.app.bridge, "call", call)
        await press(pilot, "j")
        await until(pilot, lambda: any("│ cpe-03" in line for line in shown(pilot.app)))
        await until(pilot, lambda: len(asked) == 1)  # the day of the one it rests on
        await press(pilot, "z")
        assert not any("│ cpe-03" in line for line in shown(pilot.app))


async def test_a_wide_terminal_shows_the_newest_jobs_and_more_columns(folder: Path) -> None:
    async with driven(folder, (200, 60)) as pilot:
        text = "\n".join(shown(pilot.app))
        assert "Reboot on 3 devices" in text
        assert "GROUP" in text


async def test_a_terminal_that_is_too_small_says_so_and_only_quits(folder: Path) -> None:
    async with driven(folder) as pilot:
        pilot.app.session.jobs = []
        await pilot.resize_terminal(59, 14)
        await pilot.pause()
        assert any("needs 60x15, now 59x14" in line for line in shown(pilot.app))
        await pilot.press("x", "6", "a")
        assert pilot.app.screen is fleet(pilot)
        await pilot.resize_terminal(60, 15)
        await settled(pilot)
        assert "q quit" in footer(pilot)
        await pilot.press("j")
        assert fleet(pilot).table.cursor_key != str(id_of("ap-hall-04"))


async def test_in_read_only_mode_what_changes_is_gone_everywhere(folder: Path) -> None:
    async with driven(folder, read_only=True) as pilot:
        assert "actions" not in footer(pilot)
        assert "run" not in footer(pilot)
        await press(pilot, "x")
        await press(pilot, "a")
        assert pilot.app.screen is fleet(pilot)
        assert not [one for one in fleet(pilot).actions() if one.changes]
        await press(pilot, "ctrl+p")
        await type_text(pilot, "reboot")
        await settled(pilot)
        assert not any("Reboot" in line for line in shown(pilot.app)[4:20])
        await press(pilot, "escape")
        await press(pilot, "question_mark")
        assert not any("Run a command" in line for line in shown(pilot.app))


async def test_what_a_job_does_on_a_device_stands_over_its_figures_until_it_is_done(
    folder: Path,
) -> None:
    async with driven(folder) as pilot:
        roof = next(line for line in shown(pilot.app) if "ap-roof-02" in line)
        assert roof.split()[:2] == ["↻", "ap-roof-02"]
        assert "waits for it…" in roof and "%" not in roof
        await press(pilot, "6")
        pilot.app.session.busy = {}  # it ends while the list is hidden
        await press(pilot, "1")
        roof = next(line for line in shown(pilot.app) if "ap-roof-02" in line)
        assert roof.split()[0] == "▲" and roof.count("%") == 2


async def test_freezing_is_told_and_holds_back_what_moves(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "p")
        assert "FROZEN" in shown(pilot.app)[-2]
        await press(pilot, "p")
        assert "FROZEN" not in shown(pilot.app)[-2]


async def test_notices_of_the_engine_reach_the_person(folder: Path) -> None:
    async with driven(folder) as pilot:
        app = pilot.app
        assert isinstance(app, ConsoleApp)
        assert app.bridge.engine is not None
        app.bridge.engine.bus.publish(Notice("x", "The disk is full.", "Free some.", "error"))
        await until(pilot, lambda: any("The disk is full." in line for line in shown(app)))


async def test_a_click_on_a_key_does_what_the_key_does(folder: Path) -> None:
    async with driven(folder) as pilot:
        await pilot.click(FooterKeys, offset=(3, 0))  # ?help
        await settled(pilot)
        assert "Help" in shown(pilot.app)[0]


async def test_what_the_list_shows_is_written_to_a_file(folder: Path, tmp_path: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "F")
        file = tmp_path / "faults.csv"
        await press(pilot, "E")
        await press(pilot, *["backspace"] * len("devices.csv"))
        await type_text(pilot, str(file))
        await press(pilot, "enter")
        await until(pilot, file.exists)
        assert len(file.read_text("utf-8").splitlines()) == 6


async def test_the_devices_in_sight_are_named_to_the_engine_once_the_view_rests(
    folder: Path,
) -> None:
    told: list[list[Any]] = []
    async with driven(folder) as pilot:
        engine = pilot.app.bridge.engine
        assert engine is not None

        async def look_at(ids: list[Any]) -> None:
            told.append(ids)

        engine.look_at = look_at
        await press(pilot, "G")
        await until(pilot, lambda: bool(told) and fleet(pilot).table.scroll_offset.y > 0)
        last = fleet(pilot).table.order[-1]
        assert str(told[-1][-1]) == last
        assert len(told[-1]) < len(fleet(pilot).table.order)
