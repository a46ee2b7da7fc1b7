"""A text in the person's own editor, in the place of the console.

The file is one that only this user can read, in a folder of its own that is gone afterwards with
all that the editor left beside it.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import tempfile
from collections.abc import Mapping
from pathlib import Path

from textual.app import App

from owtui.errors import InputError

LARGEST = 4 * 1024 * 1024  # bytes; a configuration has a hundredth


def command(environ: Mapping[str, str]) -> list[str]:
    """The person's editor: $VISUAL, else $EDITOR, else vi. Raises InputError."""
    said = environ.get("VISUAL") or environ.get("EDITOR") or "vi"
    try:
        words = shlex.split(said)
    except ValueError:
        words = []
    if not words or shutil.which(words[0], path=environ.get("PATH")) is None:
        raise InputError(
            f"The editor “{said}” is not there.", "Set EDITOR to one that is, such as nano."
        )
    return words


async def edited(app: App[object], text: str, name: str) -> str:
    """Let the person edit a text; gives what is in the file afterwards.

    `name` is the file's. Raises InputError where there is no editor or it failed.
    """
    if app.is_headless:
        raise InputError("There is no terminal to have an editor on.")
    words = command(os.environ)
    folder = Path(tempfile.mkdtemp(prefix="owtui-"))  # 0700
    try:
        file = folder / name
        await asyncio.to_thread(_write, file, text)
        code = await _in_the_place_of(app, [*words, str(file)])
        if code:
            raise InputError(f"{words[0]} ended with {code}; nothing was taken over.")
        return await asyncio.to_thread(_read, file)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _in_the_place_of(app: App[object], argv: list[str]) -> int:
    loop = asyncio.get_running_loop()
    with app.batch_update(), app.suspend():
        # Ctrl-C at the terminal reaches all of the group; it is meant for the editor.
        loop.add_signal_handler(signal.SIGINT, lambda: None)
        try:
            process = await asyncio.create_subprocess_exec(*argv)
            code = await process.wait()
        finally:
            loop.remove_signal_handler(signal.SIGINT)
    app.refresh(layout=True)
    return code


def _write(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)


def _read(file: Path) -> str:
    try:
        data = file.read_bytes()
        if len(data) > LARGEST:
            raise InputError(f"The file is larger than {LARGEST // 1024**2} MiB.")
        return data.decode()
    except OSError as error:
        raise InputError(f"The file cannot be read again: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError("The file is not UTF-8 text; nothing was taken over.") from None
