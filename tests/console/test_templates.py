"""Screen 5: templates listed, made, cloned, renamed, removed and brought back; groups; history."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any, cast

from textual.pilot import Pilot

from owtui.console.app import ConsoleApp
from owtui.console.screens.editor import EditorScreen
from owtui.console.screens.fleet import FleetScreen
from owtui.console.screens.generations import GenerationsScreen
from owtui.console.screens.templates import TemplatesScreen
from owtui.console.screens.text import DiffScreen, TextScreen
from owtui.console.screens.variables import ScopesScreen
from tests.console.configseed import ROOFS
from tests.console.driving import driven, press, shown, type_text, until
from tests.console.seed import id_of


def text(pilot: Pilot[Any]) -> str:
    return "\n".join(shown(pilot.app))


async def names(pilot: Pilot[Any]) -> list[str]:
    """The templates that are kept."""
    app = cast(ConsoleApp, pilot.app)
    rows = await app.bridge.call(lambda engine: engine.configs.templates.rows())
    return [one.name for one in rows]


async def listed(pilot: Pilot[Any]) -> TemplatesScreen:
    """Go to the list, and wait for it."""
    await press(pilot, "5")
    await until(pilot, lambda: "roof-ap" in text(pilot) or "no template yet" in text(pilot))
    return cast(TemplatesScreen, pilot.app.screen)


async def test_5_lists_templates_with_who_gets_and_who_uses_them(configured: Path) -> None:
    async with driven(configured, (120, 40)) as pilot:
        await listed(pilot)
        assert "3 templates" in shown(pilot.app)[0]
        lines = {line.split()[0].lstrip(">"): line for line in shown(pilot.app)[2:5]}
        row = next(line for line in shown(pilot.app) if "roof-ap" in line)
        assert "shared" in row and " 12 " in row and " v2 " in row and "roof wifi" in row
        assert any("base" in line and "default" in line for line in lines.values())


async def test_words_filter_and_the_list_is_copied_and_exported(
    configured: Path, tmp_path: Path
) -> None:
    async with driven(configured) as pilot:
        await listed(pilot)
        await type_text(pilot, "/tag=*wifi*")
        await press(pilot, "enter")
        assert "1 of 3 templates" in shown(pilot.app)[0]
        for name in ("list.csv", "list.json"):
            await press(pilot, "E", *["backspace"] * len("templates.csv"))
            await type_text(pilot, str(tmp_path / name))
            await press(pilot, "f5")
            await until(pilot, lambda name=name: (tmp_path / name).exists())
        (row,) = csv.DictReader(StringIO((tmp_path / "list.csv").read_text()))
        assert (row["name"], row["used"]) == ("roof-ap", "12")
        (told,) = json.loads((tmp_path / "list.json").read_text())
        assert told["tags"] == ["roof", "wifi"]
        assert "not-for-your-eyes" not in (tmp_path / "list.json").read_text()
        await press(pilot, "y", "n")
        await until(pilot, lambda: "Sent to the terminal's clipboard" in text(pilot))
        assert pilot.app.clipboard == "roof-ap"


async def test_enter_edits_and_d_shows_the_devices_that_use_it(configured: Path) -> None:
    async with driven(configured) as pilot:
        await listed(pilot)
        await press(pilot, "end", "d")
        await until(pilot, lambda: "/template=roof-ap" in text(pilot))
        screen = pilot.app.screen
        assert isinstance(screen, FleetScreen)
        assert sorted(screen.table.order) == sorted(str(id_of(name)) for name in ROOFS)
        await press(pilot, "left_square_bracket")
        await until(pilot, lambda: isinstance(pilot.app.screen, TemplatesScreen))
        here = cast(TemplatesScreen, pilot.app.screen).here()
        assert here is not None
        assert here.name == "roof-ap"
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditorScreen))


async def test_the_devices_of_a_template_are_found_whatever_its_name(configured: Path) -> None:
    """What means something to a filter is a character of a name like any other."""
    async with driven(configured) as pilot:
        await listed(pilot)
        await press(pilot, "n", *["m", "space", "asterisk", "quotation_mark", "vertical_line"])
        await press(pilot, "f5")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditorScreen))
        await press(pilot, "escape")
        await until(pilot, lambda: "4 templates" in shown(pilot.app)[0])
        await type_text(pilot, "/name=m*")
        await press(pilot, "enter", "home", "d")
        await until(pilot, lambda: r'''/template="m *\"|"''' in text(pilot))
        screen = pilot.app.screen
        assert isinstance(screen, FleetScreen)
        assert screen.table.order == []


async def test_n_makes_one_and_opens_its_text(configured: Path) -> None:
    async with driven(configured) as pilot:
        await listed(pilot)
        await press(pilot, "n", "f5")
        assert "A template needs a name." in text(pilot)
        await press(pilot, *"yard-ap", "f5")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditorScreen))
        await until(pilot, lambda: "yard-ap v1" in shown(pilot.app)[0])
        assert "no device uses it" in text(pilot)
        assert "yard-ap" in await names(pilot)
        await press(pilot, "escape")
        await until(pilot, lambda: "4 templates" in shown(pilot.app)[0])


async def test_a_name_that_is_taken_is_told_in_the_form(configured: Path) -> None:
    async with driven(configured) as pilot:
        await listed(pilot)
        await press(pilot, "n", *"base", "f5")
        await until(
            pilot, lambda: "already exists" in text(pilot) or "already another" in text(pilot)
        )
        assert "New template" in text(pilot)
        await press(pilot, "escape", "escape")
        assert len(await names(pilot)) == 3


async def test_the_menu_clones_renames_removes_and_brings_back(configured: Path) -> None:
    async with driven(configured) as pilot:
        await listed(pilot)
        await press(pilot, "end", "a", "c")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditorScreen))
        await until(pilot, lambda: "roof-ap (Clone) v1" in shown(pilot.app)[0])
        await press(pilot, "escape")
        await until(pilot, lambda: "4 templates" in shown(pilot.app)[0])
        await press(pilot, "end", "a", "f")
        await press(pilot, "shift+tab", *["backspace"] * 20, *"yard-ap", "f5")
        await until(pilot, lambda: "yard-ap is saved" in text(pilot))
        await until(
            pilot, lambda: any(" yard-ap" in line and "v2" in line for line in shown(pilot.app))
        )
        await press(pilot, "end", "a", "r")
        assert "Remove the template yard-ap?" in text(pilot)
        await press(pilot, "enter")  # No
        assert "yard-ap" in await names(pilot)
        await press(pilot, "a", "r", "y")
        await until(pilot, lambda: "3 templates" in shown(pilot.app)[0])
        await press(pilot, "a", "b")
        await until(pilot, lambda: "Bring back" in text(pilot))
        await press(pilot, "enter")
        await until(pilot, lambda: "4 templates" in shown(pilot.app)[0])


async def test_removing_one_in_use_says_how_many_devices_it_is_of(configured: Path) -> None:
    async with driven(configured) as pilot:
        await listed(pilot)
        await press(pilot, "end", "a", "r")
        assert "12 devices would be without it" in text(pilot)


async def test_giving_to_devices_is_a_plan_where_there_is_such_an_action(configured: Path) -> None:
    async with driven(configured) as pilot:
        await listed(pilot)
        known = {one.id for one in pilot.app.bridge.engine.actions}
        await press(pilot, "space", "a")
        assert ("Give to devices" in text(pilot)) == ("assign_templates" in known)


async def test_read_only_looks_and_makes_nothing(configured: Path) -> None:
    async with driven(configured, read_only=True) as pilot:
        await listed(pilot)
        await press(pilot, "n", "a")
        assert isinstance(pilot.app.screen, TemplatesScreen)
        assert "n new" not in shown(pilot.app)[-1] and "h history" in shown(pilot.app)[-1]


async def test_history_is_read_compared_and_taken_up_again(configured: Path) -> None:
    async with driven(configured) as pilot:
        await listed(pilot)
        await press(pilot, "end", "h")
        await until(pilot, lambda: "2 generations" in shown(pilot.app)[0])
        assert "Templates › roof-ap › History" in shown(pilot.app)[0]
        assert any("v2" in line and "now" in line and "search" in line for line in shown(pilot.app))
        await press(pilot, "down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TextScreen))
        shown_text = cast(TextScreen, pilot.app.screen)._text
        assert "dns_search" not in shown_text and "not-for-your-eyes" not in shown_text
        await press(pilot, "escape", "D")
        await until(pilot, lambda: isinstance(pilot.app.screen, DiffScreen))
        assert '+  "dns_search": [' in cast(DiffScreen, pilot.app.screen)._text
        await press(pilot, "escape", "space", "space", "D")
        await until(pilot, lambda: isinstance(pilot.app.screen, DiffScreen))
        await press(pilot, "escape", "end", "B")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditorScreen))
        await until(pilot, lambda: "roof-ap v2 → draft*" in shown(pilot.app)[0])
        assert "dns_search" not in cast(EditorScreen, pilot.app.screen).edit.text
        await press(pilot, "f5")
        await until(pilot, lambda: "roof-ap v3" in shown(pilot.app)[0])
        app = cast(ConsoleApp, pilot.app)
        kept = await app.bridge.call(lambda engine: engine.configs.templates.get("roof-ap"))
        assert "dns_search" not in kept.config
        assert kept.config["interfaces"][0]["wireless"]["encryption"]["key"] == "not-for-your-eyes"


async def test_a_place_among_the_history_is_found_again(configured: Path) -> None:
    async with driven(configured) as pilot:
        await listed(pilot)
        await press(pilot, "end", "h")
        await until(pilot, lambda: isinstance(pilot.app.screen, GenerationsScreen))
        await press(pilot, "1", "left_square_bracket")
        await until(pilot, lambda: isinstance(pilot.app.screen, GenerationsScreen))


async def test_commands_lead_to_templates_and_complete_their_names(configured: Path) -> None:
    from owtui.console import verbs

    async with driven(configured) as pilot:
        await type_text(pilot, ":templates")
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, TemplatesScreen)
        frame = cast(TemplatesScreen, pilot.app.screen)
        verbs.words(frame, "templates ")
        await until(pilot, lambda: "roof-ap" in verbs.words(frame, "templates ro"))
        await type_text(pilot, ":templates nothing")
        await press(pilot, "enter")
        await until(pilot, lambda: "There is no template “nothing”." in text(pilot))


async def test_the_palette_finds_what_the_screen_offers(configured: Path) -> None:
    async with driven(configured) as pilot:
        await listed(pilot)
        await press(pilot, "ctrl+p", *"variables by")
        await until(pilot, lambda: "Variables by scope" in text(pilot))
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ScopesScreen))


async def test_a_fleet_without_templates_says_how_to_make_one(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "5")
        await until(pilot, lambda: "There is no template yet. n makes one." in text(pilot))
