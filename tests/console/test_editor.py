"""The editor, key by key: pages, problems, impact, saving, leaving, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from textual.pilot import Pilot

from owtui.console import external
from owtui.console.app import ConsoleApp
from owtui.console.screens.editor import EditorScreen
from owtui.console.screens.fleet import FleetScreen
from owtui.console.screens.impact import ImpactScreen
from owtui.console.screens.plan import PlanScreen
from owtui.console.screens.templates import TemplatesScreen
from owtui.console.screens.text import DiffScreen, TextScreen
from owtui.engine.configs.entries import TemplateText
from tests.console.configseed import LACKING
from tests.console.driving import driven, press, settled, shown, type_text, until
from tests.console.seed import id_of
from widgets.codearea import CodeArea
from widgets.dialog import ChoiceDialog


def editor(pilot: Pilot[Any]) -> EditorScreen:
    """The editor, wherever it is in the stack."""
    stack = cast(ConsoleApp, pilot.app).screen_stack
    return next(one for one in reversed(stack) if isinstance(one, EditorScreen))


async def looked(pilot: Pilot[Any]) -> None:
    """Wait until the text was checked."""

    def done() -> bool:
        one = editor(pilot)
        return one.sheet is not None and one.looked_at == (one.edit.text, one.device)

    await pilot.pause()
    await until(pilot, done)
    await settled(pilot)


@asynccontextmanager
async def editing(
    folder: Path, size: tuple[int, int] = (80, 24), line: str = "templates roof-ap", **chosen: Any
) -> AsyncIterator[Pilot[Any]]:
    """A console with the editor open."""
    async with driven(folder, size, **chosen) as pilot:
        await type_text(pilot, f":{line}")
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditorScreen))
        await looked(pilot)
        yield pilot


async def stored(pilot: Pilot[Any], name: str = "roof-ap") -> TemplateText:
    """The template as it is kept."""
    app = cast(ConsoleApp, pilot.app)
    return await app.bridge.call(lambda engine: engine.configs.templates.get(name))


def text(pilot: Pilot[Any]) -> str:
    return "\n".join(shown(pilot.app))


async def put(pilot: Pilot[Any], before: str, after: str) -> None:
    """Write one thing in the place of another, as an edit that can be undone."""
    edit = editor(pilot).edit
    assert before in edit.text, edit.text
    edit.replace(edit.text.replace(before, after, 1))
    await looked(pilot)


async def test_it_opens_with_its_generation_who_uses_it_and_secrets_hidden(
    configured: Path,
) -> None:
    async with editing(configured) as pilot:
        assert "Templates › roof-ap v2" in shown(pilot.app)[0]
        assert "used by 12 devices" in shown(pilot.app)[0]
        assert "preview as: ap-roof-01 (F6 change)" in shown(pilot.app)[1]
        assert "•••01" in editor(pilot).edit.text
        assert "not-for-your-eyes" not in editor(pilot).edit.text
        assert "line 20: {{ ssid }} is not set for 3 devices (ap-roof-10, ap-roof-11 …)" in text(
            pilot
        )
        assert "0 change │ 3 blocked (missing ssid) │ 9 same" in text(pilot)


async def test_letters_are_text_and_only_f_keys_and_escape_act(configured: Path) -> None:
    async with editing(configured) as pilot:
        await press(pilot, *"q1?/")
        await until(pilot, lambda: editor(pilot).edit.text.startswith("q1?/{"))
        assert isinstance(pilot.app.screen, EditorScreen)
        assert "roof-ap v2 → draft*" in shown(pilot.app)[0]
        await until(pilot, lambda: "unsaved" in text(pilot))


async def test_f2_turns_the_pages_and_enter_shows_one_whole(configured: Path) -> None:
    async with editing(configured) as pilot:
        await press(pilot, "f2")
        assert "[Rendered]" in shown(pilot.app)[1]
        assert "package system" in text(pilot)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, TextScreen)
        assert "not-for-your-eyes" not in pilot.app.screen._text
        assert "option key '•••'" in pilot.app.screen._text
        await press(pilot, "escape", "tab")
        assert "[Diff]" in shown(pilot.app)[1]
        await press(pilot, "f2")
        assert "[Vars]" in shown(pilot.app)[1] and "mesh_key" in text(pilot)
        assert "hush-hush" not in text(pilot)
        await press(pilot, "f2")
        assert "[Source]" in shown(pilot.app)[1]
        assert isinstance(pilot.app.focused, CodeArea)
        await press(pilot, "shift+tab")
        assert "[Vars]" in shown(pilot.app)[1]


async def test_from_120_columns_on_source_and_diff_stand_side_by_side(configured: Path) -> None:
    async with editing(configured, (120, 40)) as pilot:
        await put(pilot, '"channel": 36', '"channel": 100')
        assert any('"channel": 100' in line and "│" in line for line in shown(pilot.app))
        assert any("+" in line and "option channel '100'" in line for line in shown(pilot.app))
        assert "9 change │ 3 blocked (missing ssid) │ 0 same" in text(pilot)


async def test_a_mistake_is_marked_at_its_line_and_f7_goes_there(configured: Path) -> None:
    async with editing(configured) as pilot:
        await put(pilot, '"channel": 36', '"channel": "x"')
        assert any("is not of type" in line and "line 8" in line for line in shown(pilot.app))
        await press(pilot, "ctrl+end", "f7")
        assert editor(pilot).edit.cursor[0] == 8
        assert any(line.startswith(" 8✖") for line in shown(pilot.app))
        await put(pilot, '"channel": "x"', '"channel": {{ ch5 }}')
        assert 'Write "{{ ch5 }}"' in text(pilot)


async def test_f4_checks_now_and_says_so(configured: Path) -> None:
    async with editing(configured, line="templates base") as pilot:
        await press(pilot, "f4")
        await until(pilot, lambda: "Nothing is wrong with it." in text(pilot))
        await press(pilot, "f7")
        await until(pilot, lambda: "There is no problem." in text(pilot))


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


async def test_f6_chooses_another_device_to_preview_as(configured: Path) -> None:
    async with editing(configured) as pilot:
        await press(pilot, "f6", *"roof-10", "enter")
        await looked(pilot)
        assert "preview as: ap-roof-10" in shown(pilot.app)[1]
        await press(pilot, "f2")
        assert "option ssid '{{ ssid }}'" in editor(pilot).look.rendered  # type: ignore[union-attr]
        await press(pilot, "f6", *"gw-north", "enter")
        await looked(pilot)
        assert "option hostname 'gw-north'" in editor(pilot).look.rendered  # type: ignore[union-attr]


async def test_f9_shows_equal_changes_together(configured: Path) -> None:
    async with editing(configured) as pilot:
        await put(pilot, '"ssid": "{{ ssid }}"', '"ssid": "{{ ssid }} 5G"')
        await press(pilot, "f9")
        await until(pilot, lambda: isinstance(pilot.app.screen, ImpactScreen))
        assert "1 different change" in shown(pilot.app)[0]
        (row,) = [line for line in shown(pilot.app) if "change: +1 -1" in line]
        assert " 9 ap-roof-01" in row and "each with its {{ ssid }}" in row
        assert any("3" in line and "blocked: missing ssid" in line for line in shown(pilot.app))
        await press(pilot, "enter", "down", "enter")
        assert isinstance(pilot.app.screen, DiffScreen)
        assert "+   option ssid 'roofs 5G'" in pilot.app.screen._text
        assert "9 devices: ap-roof-01" in pilot.app.screen._text
        await press(pilot, "escape", "tab", "enter")
        assert "Fleet › ap-roof-01" in shown(pilot.app)[0]


async def test_f10_turns_between_json_and_yaml_without_an_edit(configured: Path) -> None:
    async with editing(configured) as pilot:
        await press(pilot, "f10")
        await looked(pilot)
        assert editor(pilot).edit.text.startswith("radios:\n  - name: radio1\n")
        assert not editor(pilot).dirty
        line = editor(pilot).edit.text.split("\n").index("      ssid: '{{ ssid }}'") + 1
        assert f"line {line}: {{{{ ssid }}}}" in text(pilot)
        await put(pilot, "channel: 36", "channel: 40")
        await press(pilot, "f5")
        await until(pilot, lambda: "roof-ap v3" in shown(pilot.app)[0])
        assert editor(pilot).kind == "yaml"
        assert (await stored(pilot)).config["radios"][0]["channel"] == 40
        await put(pilot, "channel: 40", "channel: [")
        await press(pilot, "f10")
        assert editor(pilot).kind == "yaml"
        await until(pilot, lambda: any("Line 8" in line for line in shown(pilot.app)))


async def test_tab_offers_keys_values_and_variables(configured: Path) -> None:
    async with editing(configured) as pilot:
        await put(pilot, '"channel": 36,', '"channel": 36,\n      "tx_|"')
        edit = editor(pilot).edit
        edit.go_to(9, edit.text.split("\n")[8].index("|"))
        await press(pilot, "delete", "tab")
        assert '"tx_power": ' in edit.text
        await put(pilot, '"{{ ssid }}"', '"{{ "')
        line = edit.text.split("\n").index(
            next(one for one in edit.text.split("\n") if "ssid" in one)
        )
        edit.go_to(line + 1, edit.text.split("\n")[line].index("{{ ") + 3)
        await press(pilot, "tab")
        assert "{{ mesh_key }}" in text(pilot)


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


async def test_a_variable_is_set_in_the_scope_that_is_chosen(configured: Path) -> None:
    async with editing(configured) as pilot:
        await press(pilot, "f6", *LACKING[0], "enter")
        await looked(pilot)
        await press(pilot, "f2", "f2", "f2")
        assert "not set" in text(pilot)
        await press(pilot, "home", "enter")
        await until(pilot, lambda: "Set ssid for" in text(pilot))
        await press(pilot, "2")
        await until(pilot, lambda: "Variable ssid" in text(pilot))
        await press(pilot, *"roof-net", "f5")
        app = cast(ConsoleApp, pilot.app)
        await until(pilot, lambda: "3 blocked" not in text(pilot))
        values = await app.bridge.call(lambda engine: engine.configs.variables.get("group:roof"))
        assert values == {"mesh_key": "hush-hush", "ssid": "roof-net"}
        await until(pilot, lambda: "roof-net" in text(pilot))
        assert "3 change" in text(pilot) or "0 blocked" in text(pilot)


async def test_a_default_of_the_template_is_its_next_generation(configured: Path) -> None:
    async with editing(configured) as pilot:
        await press(pilot, "f2", "f2", "f2", "end", "enter")
        await until(pilot, lambda: "Set ssid for" in text(pilot))
        await press(pilot, "t")
        await until(pilot, lambda: "Variable ssid" in text(pilot))
        await press(pilot, *"open", "f5")
        await until(pilot, lambda: "roof-ap v3" in shown(pilot.app)[0])
        assert (await stored(pilot)).default_values == {"ssid": "open"}
        await until(pilot, lambda: "0 blocked" in text(pilot))


async def test_a_device_s_own_part_is_edited_the_same_way(configured: Path) -> None:
    async with editing(configured, line="config edit ap-roof-02") as pilot:
        assert "Fleet › ap-roof-02" in shown(pilot.app)[0]
        assert '"timezone": "UTC"' in text(pilot)
        assert "F6" not in shown(pilot.app)[1] + shown(pilot.app)[-1]
        await put(pilot, '"UTC"', '"Europe/Rome"')
        assert "1 change" in text(pilot)
        await press(pilot, "f5")
        await until(pilot, lambda: "Saved as" in text(pilot))
        app = cast(ConsoleApp, pilot.app)
        own = await app.bridge.call(lambda engine: engine.configs.devices.get(id_of("ap-roof-02")))
        assert own.config == {"general": {"timezone": "Europe/Rome"}}


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


async def test_in_ascii_and_16_colours_signs_tell_all(configured: Path) -> None:
    async with editing(configured, ascii=True, theme="ansi-dark") as pilot:
        assert any(line.startswith(" 1  {") for line in shown(pilot.app))
        assert "x line 20:" in text(pilot)
        pilot.app.screen.query_one(CodeArea).move_cursor((19, 0))
        await pilot.pause()
        assert any(line.startswith("20x") for line in shown(pilot.app))
