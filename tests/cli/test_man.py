"""The manual page: made from what there is, so that nothing is missing, and good roff."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import fields

import click

from owtui.cli.app import COMMANDS, root
from owtui.cli.exits import CODES
from owtui.cli.globals import OPTIONS, Globals
from owtui.cli.man import page
from owtui.settinghelp import HELP
from owtui.settings import Settings
from tests.cli.conftest import CommandLine
from tests.tools import tool

REQUESTS = {".TH", ".SH", ".SS", ".TP", ".B", ".BR", ".PP", ".nf", ".fi"}


def sections() -> dict[str, list[str]]:
    """The lines of each .SH."""
    found: dict[str, list[str]] = {}
    for line in page().splitlines():
        if line.startswith(".SH "):
            found[line[4:]] = []
        elif found:
            found[list(found)[-1]].append(line)
    return found


def plain(line: str) -> str:
    """Roff's text as it is read."""
    said = re.sub(r"\\\[u([0-9A-F]+)\]", lambda found: chr(int(found[1], 16)), line)
    for escape, character in (("\\&", ""), ("\\-", "-"), ("\\(dq", '"'), ("\\(aq", "'")):
        said = said.replace(escape, character)
    return said.replace("\\(ga", "`").replace("\\e", "\\")


def paths(group: click.Group, parent: click.Context) -> Iterator[str]:
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=parent)
        yield context.command_path
        if isinstance(command, click.Group):
            yield from paths(command, context)


def test_every_command_is_in_with_its_options(owtui: CommandLine) -> None:
    heads = [plain(line[4:]) for line in sections()["COMMANDS"] if line.startswith(".SS ")]
    wanted = list(paths(root, click.Context(root, info_name="owtui")))
    assert len(heads) == len(wanted) > len(COMMANDS)
    for head, path in zip(heads, wanted, strict=True):
        assert head == path or head.startswith(f"{path} ")
    terms = [plain(line) for line in sections()["COMMANDS"] if line.startswith(".B ")]
    assert any(term.startswith(".B --password-stdin") for term in terms)
    assert owtui("man").out == page()


def test_every_option_setting_and_code_is_in() -> None:
    found = sections()
    assert list(OPTIONS) == [field.name for field in fields(Globals)]
    assert list(HELP) == [field.name for field in fields(Settings)]
    for section, words in (
        ("OPTIONS", [f"--{name.replace('_', '-')}" for name in OPTIONS]),
        ("SETTINGS", [f"{key} =" for key in HELP]),
        ("EXIT STATUS", [str(code) for code, _ in CODES]),
    ):
        terms = [plain(line[3:]) for line in found[section] if line.startswith(".B ")]
        assert len(terms) == len(words)
        assert all(term.startswith(word) for term, word in zip(terms, words, strict=True))


def test_it_is_ascii_and_uses_known_requests_alone() -> None:
    text = page()
    assert text.isascii() and text.startswith(".TH OWTUI 1 ")
    assert {line.split()[0] for line in text.splitlines() if line[:1] in ".'"} <= REQUESTS
    assert not [line for line in text.splitlines() if not line]
    assert not re.search(r"\\(?![&e\-]|\((?:dq|aq|ga)|\[u[0-9A-F]{4,}\]|f[IR])", text)


def test_groff_has_nothing_to_say_against_it() -> None:
    groff = tool("groff", "groff-base")
    done = subprocess.run(
        [groff, "-man", "-Tutf8", "-ww", "-P-c", "-rLL=100n"],
        input=page(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    shown = re.sub(r".\x08", "", done.stdout)
    assert "owtui devices import" in shown and "“<disabled>” takes one away" in shown
