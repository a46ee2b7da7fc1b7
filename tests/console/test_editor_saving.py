"""The editor: saving, planning, leaving; nothing typed is lost, and nobody overwrites another."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from owtui.console import external
from owtui.console.app import ConsoleApp
from owtui.console.screens.editor import EditorScreen
from owtui.console.screens.fleet import FleetScreen
from owtui.console.screens.plan import PlanScreen
from owtui.console.screens.templates import TemplatesScreen
from owtui.console.screens.text import DiffScreen
from tests.console.driving import driven, press, shown, type_text, until
from tests.console.editing import editing, editor, put, stored, text
from widgets.dialog import ChoiceDialog


async def test_f5_saves_a_generation_and_puts_the_secrets_back(configured: Path) -> None:
    async with editing(configured) as pilot:
        await put(pilot, '"channel": 36', '"channel": 100')
        await press(pilot, "f5")
        await until(pilot, lambda: "roof-ap v3" in shown(pilot.app)[0])
        kept = await stored(pilot)
        assert kept.row.generation == 3
        assert kept.config["radios"][0]["channel"] == 100
        assert kept.config["interfaces"][0]["wireless"]["encryption"]["key"] == "not-for-your-eyes"
        assert "•••01" in editor(pilot).edit.text
        await press(pilot, "f5")
        await until(pilot, lambda: "Nothing was changed." in text(pilot))


async def test_a_new_secret_is_kept_and_hidden_at_once(configured: Path) -> None:
    async with editing(configured) as pilot:
        await put(pilot, '"•••01"', '"brand-new-secret"')
        await press(pilot, "f5")
        await until(pilot, lambda: "roof-ap v3" in shown(pilot.app)[0])
        assert "brand-new-secret" not in editor(pilot).edit.text
        kept = await stored(pilot)
        assert kept.config["interfaces"][0]["wireless"]["encryption"]["key"] == "brand-new-secret"
        await press(pilot, "ctrl+z")
        assert "brand-new-secret" not in editor(pilot).edit.text


async def test_what_cannot_be_used_is_not_saved(configured: Path) -> None:
    async with editing(configured) as pilot:
        await put(pilot, '"channel": 36', '"channel": ')
        await press(pilot, "f5")
        await until(pilot, lambda: "Not saved." in text(pilot))
        assert editor(pilot).edit.cursor[0] == 8
        await press(pilot, "ctrl+z")
        await put(pilot, '"•••01"', '"•••77"')
        await press(pilot, "f5")
        await until(pilot, lambda: "stands for no secret here" in text(pilot))
        assert (await stored(pilot)).row.generation == 2


async def test_leaving_an_edit_asks_and_the_draft_is_there_again(configured: Path) -> None:
    async with editing(configured) as pilot:
        await put(pilot, '"channel": 36', '"channel": 44')
        await press(pilot, "escape")
        assert "Close with an edit that is not saved?" in text(pilot)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, EditorScreen) and editor(pilot).dirty
        await press(pilot, "escape", "k")
        await press(pilot, "5")
        assert isinstance(pilot.app.screen, TemplatesScreen)
        await until(pilot, lambda: "roof-ap (draft)" in text(pilot))
        await type_text(pilot, ":templates roof-ap")
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditorScreen))
        await until(pilot, lambda: '"channel": 44' in editor(pilot).edit.text)
        assert "draft*" in shown(pilot.app)[0]
        await press(pilot, "escape", "d", "5")
        await until(pilot, lambda: "roof-ap (draft)" not in text(pilot))
        assert (await stored(pilot)).row.generation == 2


async def test_escape_may_save_too_and_without_an_edit_just_closes(configured: Path) -> None:
    async with editing(configured) as pilot:
        await put(pilot, '"channel": 36', '"channel": 44')
        await press(pilot, "escape", "s")
        await until(pilot, lambda: isinstance(pilot.app.screen, FleetScreen))
        assert (await stored(pilot)).row.generation == 3
    async with editing(configured) as pilot:
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, FleetScreen)


async def test_digits_from_another_page_keep_the_edit_as_a_draft(configured: Path) -> None:
    async with editing(configured) as pilot:
        await put(pilot, '"channel": 36', '"channel": 44')
        await press(pilot, "f2", "1")
        assert isinstance(pilot.app.screen, FleetScreen)
        assert pilot.app.session.drafts.names == ("roof-ap",)
        await press(pilot, "left_square_bracket")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditorScreen))
        await until(pilot, lambda: '"channel": 44' in editor(pilot).edit.text)


async def test_quitting_names_the_edit_that_would_be_lost(configured: Path) -> None:
    async with editing(configured) as pilot:
        await put(pilot, '"channel": 36', '"channel": 44')
        await press(pilot, "ctrl+q")
        assert "Leave with edits that are not saved?" in text(pilot)
        assert "roof-ap" in text(pilot)
        await press(pilot, "enter")  # No
        assert isinstance(pilot.app.screen, EditorScreen)


async def test_an_edit_outlives_the_end_of_the_program_sealed(configured: Path) -> None:
    async with editing(configured) as pilot:
        await put(pilot, '"•••01"', '"typed-but-not-saved"')
        await until(pilot, lambda: pilot.app.session.drafts.are_stored)
        await press(pilot, "ctrl+q")
        assert "It is kept as a draft." in text(pilot)
    file = configured / "drafts-lab.sealed"
    assert b"typed-but-not-saved" not in file.read_bytes() and file.stat().st_mode & 0o077 == 0
    async with driven(configured) as pilot:
        await until(pilot, lambda: "Not saved yet, from before: roof-ap." in text(pilot))
        await type_text(pilot, ":templates roof-ap")
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditorScreen))
        await until(pilot, lambda: "typed-but-not-saved" in editor(pilot).edit.text)
        await press(pilot, "escape", "d")
        await until(pilot, lambda: pilot.app.session.drafts.are_stored)
    assert not (configured / "drafts-lab.sealed").exists()


async def test_where_nothing_is_to_be_kept_no_draft_is_written(configured: Path) -> None:
    async with editing(configured, restore=False) as pilot:
        await put(pilot, '"channel": 36', '"channel": 44')
        await press(pilot, "ctrl+q")
        assert "It is lost." in text(pilot)
    assert not (configured / "drafts-lab.sealed").exists()


async def test_two_who_edit_are_told_and_choose(configured: Path) -> None:
    async with editing(configured) as pilot:
        await put(pilot, '"channel": 36', '"channel": 44')
        app = cast(ConsoleApp, pilot.app)
        theirs = dict((await stored(pilot)).config)
        theirs["dns_search"] = ["theirs"]
        await app.bridge.call(
            lambda engine: engine.configs.templates.change("roof-ap", config=theirs)
        )
        await press(pilot, "f5")
        await until(pilot, lambda: isinstance(app.screen, ChoiceDialog))
        assert "roof-ap is v3 meanwhile" in text(pilot)
        await press(pilot, "c")
        assert isinstance(app.screen, DiffScreen)
        assert '-    "theirs"' in app.screen._text and '+      "channel": 44,' in app.screen._text
        await press(pilot, "escape", "f5")
        await until(pilot, lambda: isinstance(app.screen, ChoiceDialog))
        await press(pilot, "o")
        await until(pilot, lambda: "roof-ap v4" in shown(app)[0])
        kept = await stored(pilot)
        assert kept.config["radios"][0]["channel"] == 44 and kept.config["dns_search"] == ["lan"]
        assert kept.config["interfaces"][0]["wireless"]["encryption"]["key"] == "not-for-your-eyes"


async def test_theirs_may_be_taken_instead(configured: Path) -> None:
    async with editing(configured) as pilot:
        await put(pilot, '"channel": 36', '"channel": 44')
        app = cast(ConsoleApp, pilot.app)
        theirs = {**(await stored(pilot)).config, "dns_search": ["theirs"]}
        await app.bridge.call(
            lambda engine: engine.configs.templates.change("roof-ap", config=theirs)
        )
        await press(pilot, "f5")
        await until(pilot, lambda: isinstance(app.screen, ChoiceDialog))
        await press(pilot, "t")
        await until(pilot, lambda: "roof-ap v3" in shown(app)[0])
        assert "theirs" in editor(pilot).edit.text and '"channel": 36' in editor(pilot).edit.text
        assert not editor(pilot).dirty and not app.session.drafts


async def test_read_only_shows_everything_and_saves_nothing(configured: Path) -> None:
    async with editing(configured, read_only=True) as pilot:
        before = editor(pilot).edit.text
        await press(pilot, "x", "f5", "f3")
        assert editor(pilot).edit.text == before
        assert "F5 save" not in text(pilot) and "saved" not in shown(pilot.app)[-2]
        assert not editor(pilot).check_action("form_save", ())


async def test_f8_plans_for_the_devices_that_use_it_and_saves_first_if_wanted(
    configured: Path,
) -> None:
    async with editing(configured, (120, 40)) as pilot:
        assert "F8 plan" in shown(pilot.app)[-1]
        await put(pilot, '"channel": 36', '"channel": 44')
        await press(pilot, "f8")
        assert "A plan is made of what is saved" in text(pilot)
        await press(pilot, "s")
        await until(pilot, lambda: "Push configuration: 12 marked" in text(pilot))
        assert (await stored(pilot)).row.generation == 3
        await press(pilot, "f5")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanScreen))
        assert "Nothing defines the variable ssid." in text(pilot)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, EditorScreen)


async def test_no_key_plans_what_no_device_uses_or_where_nothing_may_change(
    configured: Path,
) -> None:
    async with editing(configured, line="templates guest") as pilot:
        assert not editor(pilot).check_action("edit_plan", ())
        await press(pilot, "f9")
        await until(pilot, lambda: "No device uses it." in text(pilot))
    async with editing(configured, (200, 60), read_only=True) as pilot:
        assert "F8" not in shown(pilot.app)[-1]


async def test_the_person_s_own_editor_gets_marks_and_its_file_is_taken(
    configured: Path, monkeypatch: Any
) -> None:
    seen = []

    async def edited(app: Any, given: str, name: str) -> str:
        seen.append((given, name))
        return given.replace("36", "48")

    monkeypatch.setattr(external, "edited", edited)
    async with editing(configured) as pilot:
        await press(pilot, "f3")
        await until(pilot, lambda: '"channel": 48' in editor(pilot).edit.text)
        ((given, name),) = seen
        assert "•••01" in given and "not-for-your-eyes" not in given
        assert name == "roof-ap.json"
        assert editor(pilot).dirty
        await press(pilot, "ctrl+z")
        assert '"channel": 36' in editor(pilot).edit.text
