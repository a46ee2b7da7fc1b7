"""Drive the editor of configurations: open it, write in it, wait until the text was looked at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from textual.pilot import Pilot

from owtui.console.app import ConsoleApp
from owtui.console.screens.editor import EditorScreen
from owtui.engine.configs.entries import TemplateText
from tests.console.driving import driven, press, settled, shown, type_text, until


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
