"""The person's own editor takes the terminal, gets marks for secrets, and leaves no file behind."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from owtui.console import external
from owtui.errors import InputError
from tests.console.ptyconsole import running

SCRIPT = """#!/bin/sh
echo "$1" > {told}
stat -c '%a %n' "$1" >> {told}
stat -c '%a' "$(dirname "$1")" >> {told}
cat "$1" > {seen}
echo OUTSIDE; read line < /dev/tty
sed -i 's/"channel": 36/"channel": 48/' "$1"
touch "$1~"
exit {code}
"""


def script(folder: Path, code: int = 0) -> Path:
    """An editor that says where its file is, waits for a line, and changes the channel."""
    file = folder / "edit"
    file.write_text(SCRIPT.format(told=folder / "told", seen=folder / "seen", code=code))
    file.chmod(0o700)
    return file


@pytest.mark.slow
def test_it_takes_the_screen_and_gives_it_back_with_what_was_written(
    configured: Path, tmp_path: Path
) -> None:
    home = {"EDITOR": str(script(tmp_path)), "TMPDIR": str(tmp_path)}
    with running("console", str(configured), **home) as console:
        console.until(b"ap-hall-04", b"RW")
        console.type(b":")
        console.until(b"complete")
        console.type(b"templates roof-ap")
        console.settle()
        console.type(b"\r")
        console.until(b"used by 12 devices", b"impact")
        console.settle(1.0)
        console.type(b"\x1bOR")  # F3
        console.until(b"\x1b[?1049l", b"OUTSIDE")
        console.type(b"\r")
        console.until(b"\x1b[?1049h", b"48", b"draft*")
        console.settle(1.0)
        console.type(b"\x1b")
        console.until(b"Close with an edit that is not saved?")
    name, modes, folder_mode = (tmp_path / "told").read_text().splitlines()
    assert Path(name).name == "roof-ap.json"
    assert modes.split()[0] == "600" and folder_mode == "700"
    assert not Path(name).parent.exists(), "the editor's own copies are gone, too"
    seen = (tmp_path / "seen").read_text()
    assert "•••01" in seen and "not-for-your-eyes" not in seen


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"EDITOR": "sh -c true"}, ["sh", "-c", "true"]),
        ({"VISUAL": "sh", "EDITOR": "nothing"}, ["sh"]),
    ],
)
def test_the_editor_is_the_one_of_the_environment(
    environ: dict[str, str], words: list[str]
) -> None:
    assert external.command({"PATH": os.environ["PATH"], **environ}) == words


@pytest.mark.parametrize("said", ["no-such-editor-anywhere", "'", ""])
def test_an_editor_that_is_not_there_is_told(said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not there"):
        external.command({"EDITOR": said or "vi", "PATH": str(tmp_path)})


def test_its_file_is_for_this_user_alone_and_not_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "x"
    external._write(file, "text")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        external._write(file, "again")


def test_what_is_no_text_or_far_too_large_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        external._read(file)
    file.write_bytes(b"x" * (external.LARGEST + 1))
    with pytest.raises(InputError, match="larger"):
        external._read(file)
    file.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        external._read(file)
