"""The editor, key by key: pages, problems, completion, impact, variables, looks."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from owtui.console import themes
from owtui.console.app import ConsoleApp
from owtui.console.screens.editor import EditorScreen
from owtui.console.screens.impact import ImpactScreen
from owtui.console.screens.text import DiffScreen, TextScreen
from tests.console.configseed import LACKING
from tests.console.driving import press, shown, until
from tests.console.editing import editing, editor, looked, put, stored, text
from tests.console.seed import id_of
from tests.widgets.test_roles import contrast
from widgets.codearea import CodeArea


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


async def test_in_ascii_and_16_colours_signs_tell_all(configured: Path) -> None:
    async with editing(configured, ascii=True, theme="ansi-dark") as pilot:
        assert any(line.startswith(" 1  {") for line in shown(pilot.app))
        assert "x line 20:" in text(pilot)
        pilot.app.screen.query_one(CodeArea).move_cursor((19, 0))
        await pilot.pause()
        assert any(line.startswith("20x") for line in shown(pilot.app))


@pytest.mark.parametrize("size", [(80, 24), (60, 15), (200, 60)], ids=str)
async def test_every_page_fits_its_terminal(configured: Path, size: tuple[int, int]) -> None:
    async with editing(configured, size) as pilot:
        for _ in range(4):
            lines = shown(pilot.app)
            assert len(lines) == size[1] and all(len(line) <= size[0] for line in lines)
            assert "Templates" in lines[0] and lines[-1].strip()
            assert sum(bool(line.strip()) for line in lines[2:-2]) >= 3
            await press(pilot, "f2")


@pytest.mark.parametrize("theme", [one.name for one in themes.OWN])
async def test_it_is_readable_in_every_theme_of_ours(configured: Path, theme: str) -> None:
    """WCAG 2: 4.5 for text, 3 for what is muted."""
    poor = {}
    async with editing(configured, (120, 40), theme=theme) as pilot:
        muted = pilot.app.theme_variables["text-muted"].lower()
        await put(pilot, '"channel": 36', '"channel": "x"')
        await press(pilot, "end", "tab")
        for strip in pilot.app.screen._compositor.render_strips():
            for part, style, _ in strip:
                if part.strip() and style is not None and style.color and style.bgcolor:
                    colour = style.color.get_truecolor().hex.lower()
                    least = 3.0 if colour == muted or not part.strip().isalnum() else 4.5
                    if contrast(style) < least:
                        poor[f"{part.strip()} {style}"] = round(contrast(style), 2)
    assert poor == {}
