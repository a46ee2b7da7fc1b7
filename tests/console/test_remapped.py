"""Keys that the settings give are the ones that work, and the ones that are shown."""

from __future__ import annotations

import re
from pathlib import Path

from owtui.console.frame import Frame
from owtui.console.screens.help import help_for
from tests.console.driving import driven, press, shown, type_text, until
from widgets.form import FormDialog

KEYS = {"form.save": ["f9"], "form.cancel": ["f10"], "act.menu": ["f7"], "list.mark": ["insert"]}


async def test_footer_help_and_palette_name_them(folder: Path) -> None:
    async with driven(folder, (120, 30), keys=KEYS) as pilot:
        frame = pilot.app.screen
        assert isinstance(frame, Frame)
        assert "F7 actions" in shown(pilot.app)[-1] and "Ins mark" in shown(pilot.app)[-1]
        text = help_for(frame, frame.session)._text
        assert re.search(r" F7 +All actions for the marks", text)
        await pilot.press("f2")
        await type_text(pilot, "reboot")
        await until(pilot, lambda: any("F7 r" in line for line in shown(pilot.app)))


async def test_a_form_is_saved_and_left_with_them(folder: Path) -> None:
    async with driven(folder, keys=KEYS) as pilot:
        await press(pilot, "x")
        form = pilot.app.screen
        assert isinstance(form, FormDialog)
        assert any("F9 shows the plan" in line for line in shown(pilot.app))
        await press(pilot, "f5", "escape")
        assert pilot.app.screen is form
        await press(pilot, "f9")
        assert any("Command is needed" in line for line in shown(pilot.app))
        await press(pilot, "f10")
        assert pilot.app.screen is not form


async def test_a_form_can_always_be_left(folder: Path) -> None:
    async with driven(folder, keys={"form.cancel": "<disabled>"}) as pilot:
        await press(pilot, "x")
        assert isinstance(pilot.app.screen, FormDialog)
        await press(pilot, "escape")
        assert not isinstance(pilot.app.screen, FormDialog)


async def test_a_clash_is_told_when_the_console_begins(folder: Path) -> None:
    async with driven(folder, keys={"dev.shell": ["q"]}) as pilot:
        told = [one.message for one in pilot.app._notifications]
        assert "q means app.quit and dev.shell at once." in told
