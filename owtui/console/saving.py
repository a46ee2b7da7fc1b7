"""A text into a file that somebody names: written beside the loop, and never over another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from owtui.console.frame import Frame
from owtui.errors import InputError
from widgets.form import PromptDialog


def save_as(
    frame: Frame,
    title: str,
    name: str,
    make: Callable[[str], Awaitable[str]],
    *,
    text: str,
    what: str,
) -> None:
    """Ask for a file and write it: `make` gets "csv" or "json", by the ending of the name.

    `what` is said to be in the file once it is written.
    """
    session = frame.session
    keys, glyphs = session.keys.form(), session.glyphs
    dialog = PromptDialog(title, "File", value=name, text=text, keys=keys, glyphs=glyphs)

    async def write(file: Path) -> None:
        made = await make("json" if file.suffix == ".json" else "csv")
        try:
            await asyncio.to_thread(_create, file, made)
        except FileExistsError:
            raise InputError(f"{file} is there already.", "Choose another name.") from None
        except OSError as error:
            raise InputError(f"{file} cannot be written: {error.strerror}.") from None
        frame.notify(f"Written: {file}, {what}.", markup=False)

    def named(chosen: str | None) -> None:
        if chosen:
            frame.ask(lambda: write(Path(chosen).expanduser()), "export")

    frame.app.push_screen(dialog, named)


def _create(file: Path, text: str) -> None:
    with file.open("x", encoding="utf-8", newline="") as opened:
        opened.write(text)
