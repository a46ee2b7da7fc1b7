"""A console begins where it was left: screen, filter, order, columns, cursor, lines, theme."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from owtui.console import restoring
from owtui.console.app import ConsoleApp
from owtui.console.restoring import Kept
from tests.console.driving import driven, loaded, press, settled, shown, type_text, until
from tests.console.seed import id_of


async def _leave_a_session(folder: Path) -> None:
    async with driven(folder) as pilot:
        await type_text(pilot, "/ap-roof")
        await press(pilot, "enter", "space", "j", "j")
        await type_text(pilot, ":columns ip,uptime")
        await press(pilot, "enter")
        await type_text(pilot, ":sort name")
        await press(pilot, "enter", "O")
        await type_text(pilot, ":theme owtui-light")
        await press(pilot, "enter")
        await _leave(pilot)


async def _leave(pilot: Pilot[int]) -> None:
    """Leave; the seeded fleet has a job that runs, so that it is asked."""
    await pilot.press("q")
    await pilot.press("y")


async def test_what_was_looked_at_is_looked_at_again_but_nothing_is_marked(folder: Path) -> None:
    await _leave_a_session(folder)
    async with driven(folder) as pilot:
        app = pilot.app
        assert isinstance(app, ConsoleApp)
        await settled(pilot)
        screen = app.go("fleet")
        table = screen.query_one("#list")
        assert "/ap-roof" in shown(app)[0]
        assert [one.key for one in table.columns] == ["state", "name", "ip", "uptime"]  # type: ignore[attr-defined]
        assert table.sort == ("name", True)  # type: ignore[attr-defined]
        assert len(table.order) == 12  # type: ignore[attr-defined]
        assert not table.marks  # type: ignore[attr-defined]
        assert app.theme == "owtui-light"
        assert app.session.typed[-1] == ":theme owtui-light".removeprefix(":")


async def test_the_cursor_stands_where_it_stood(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "j", "j", "j")
        key = pilot.app.screen.query_one("#list").cursor_key  # type: ignore[attr-defined]
        await _leave(pilot)
    async with driven(folder) as pilot:
        assert pilot.app.screen.query_one("#list").cursor_key == key  # type: ignore[attr-defined]


async def test_another_screen_is_begun_on(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "6")
        await _leave(pilot)
    async with driven(folder) as pilot:
        assert "Jobs" in shown(pilot.app)[0]


async def test_a_theme_set_since_then_holds(folder: Path) -> None:
    await _leave_a_session(folder)
    async with driven(folder, theme="ansi-dark") as pilot:
        assert pilot.app.theme == "ansi-dark"


async def test_switched_off_nothing_is_kept(folder: Path) -> None:
    async with driven(folder, restore=False) as pilot:
        await press(pilot, "6")
        await _leave(pilot)
    assert not restoring.file_of(loaded(folder)).exists()


async def test_a_column_and_a_view_that_are_gone_do_no_harm(folder: Path) -> None:
    state = {"filter": "view:gone", "sort": "nothing", "columns": ["ip", "never"], "cursor": "x"}
    kept = {"version": 1, "view": "nowhere", "states": {"fleet": state}}
    (folder / "console-lab.json").write_text(json.dumps(kept), "utf-8")
    async with driven(folder) as pilot:
        assert "40 dev" in shown(pilot.app)[0]
        keys = [one.key for one in pilot.app.screen.query_one("#list").columns]  # type: ignore[attr-defined]
        assert keys == ["state", "name", "ip"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", '{"version": 9}', '{"version": 1, "typed": 7}', '{"version": 1, "x": 1}'],
)
def test_a_file_that_makes_no_sense_is_nothing(tmp_path: Path, text: str) -> None:
    chosen = loaded(tmp_path)
    restoring.file_of(chosen).write_text(text, "utf-8")
    assert restoring.read(chosen) == Kept()


def test_the_file_is_private_and_a_folder_that_cannot_be_written_costs_nothing(
    tmp_path: Path,
) -> None:
    chosen = loaded(tmp_path)
    restoring.write(chosen, Kept("fleet", typed=[str(n) for n in range(300)]))
    file = restoring.file_of(chosen)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert restoring.read(chosen).typed == [str(n) for n in range(200, 300)]
    paths = replace(chosen.paths, state=Path("/proc/none"))
    restoring.write(replace(chosen, paths=paths), Kept("fleet"))


async def test_a_view_brings_its_columns_and_its_order(folder: Path) -> None:
    async with driven(folder) as pilot:
        for line in ("/ap-yard", ":columns ip,cpu", ":sort cpu"):
            await type_text(pilot, line)
            await press(pilot, "enter")
        await press(pilot, "O")
        await type_text(pilot, ":view save yards")
        await press(pilot, "enter", "escape")
        await type_text(pilot, ":columns model")
        await press(pilot, "enter")
        await type_text(pilot, ":view yards")
        await press(pilot, "enter")
        table = pilot.app.screen.query_one("#list")
        assert [one.key for one in table.columns] == ["state", "name", "ip", "cpu"]  # type: ignore[attr-defined]
        assert table.sort == ("cpu", True)  # type: ignore[attr-defined]
        assert str(id_of("ap-yard-01")) in table.order  # type: ignore[attr-defined]
        assert len(table.order) == 6  # type: ignore[attr-defined]


async def test_another_fleet_is_gone_to_and_its_settings_are_read_then(folder: Path) -> None:
    told: list[str] = []

    def fleets(name: str) -> object:
        told.append(name)
        return replace(loaded(folder), settings=replace(loaded(folder).settings, fleet=name))

    async with driven(folder) as pilot:
        app = pilot.app
        assert isinstance(app, ConsoleApp)
        app._fleets = fleets  # type: ignore[assignment]
        await type_text(pilot, ":fleet north")
        await pilot.press("enter")
        await pilot.pause()
        assert "Leave while jobs run?" in "\n".join(shown(app))
        await pilot.press("y")
        await pilot.pause()
    assert told == ["north"]
    assert app.next is not None and app.next.settings.fleet == "north"


async def test_the_fleet_one_is_in_is_no_place_to_go(folder: Path) -> None:
    async with driven(folder) as pilot:
        await type_text(pilot, ":fleet lab")
        await press(pilot, "enter")
        assert "This is the fleet lab." in "\n".join(shown(pilot.app))


async def test_a_console_that_begins_on_another_screen_can_act_from_its_line(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "6")
        await _leave(pilot)
    async with driven(folder) as pilot:
        await type_text(pilot, ":run uptime @ap-yard-*")
        await press(pilot, "enter")
        assert "Plan" in shown(pilot.app)[0]
        assert "ap-yard-01" in "\n".join(shown(pilot.app))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (":devices ap-yard", "/ap-yard"),
        (":sort name", "sort name"),
        (":view roofs", "/view:roofs"),
        (":columns ip tags", "TAGS"),
    ],
)
async def test_the_list_of_devices_is_made_where_a_line_is_about_it(
    folder: Path, line: str, says: str
) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "6")
        await _leave(pilot)
    async with driven(folder, size=(120, 40)) as pilot:
        await type_text(pilot, line)
        await press(pilot, "enter")
        await until(pilot, lambda: says in "\n".join(shown(pilot.app)))
        await _leave(pilot)
    assert restoring.read(loaded(folder)).view == "fleet"
