"""docs/features.md tells the truth: each test, key, command and option that it names is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from owtui import commands, keymap
from owtui.cli import app as cli

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "features.md").read_text("utf-8")


def _rows(columns: int) -> Iterator[list[str]]:
    for line in TEXT.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        heading = cells[0] in ("feature", "command") or set(cells[0]) <= {"-"}
        if line.startswith("|") and len(cells) == columns and not heading:
            yield cells


FEATURES, ALONE = list(_rows(4)), list(_rows(2))


def _exists(twin: str, capsys: pytest.CaptureFixture[str]) -> bool:
    """Whether `owtui WORDS` is a command, or an option that the help names."""
    words = twin.removeprefix("owtui").split()
    options = [word for word in words if word.startswith("--")]
    names = [word for word in words if word not in options]
    if names and names[0] not in cli.COMMANDS:
        return False
    capsys.readouterr()
    code = cli.run([*names, *(["list"] if options and names else []), "--help"])
    told = capsys.readouterr().out
    return code == 0 and all(one in told for one in options)


def test_the_tables_are_read() -> None:
    assert len(FEATURES) > 40
    assert len(ALONE) > 10


@pytest.mark.parametrize("row", FEATURES, ids=[row[0] for row in FEATURES])
def test_a_feature_has_its_test_and_its_keys(row: list[str]) -> None:
    file, _, name = row[2].partition("::")
    text = (ROOT / "tests" / "console" / file).read_text("utf-8")
    assert re.search(rf"^(async )?def {name}\(", text, re.M), row[2]
    names = {one.name for one in commands.available("console")}
    for told in re.findall(r"`([^`]+)`", row[1]):
        if told.startswith(":"):
            assert told[1:] in names
        else:
            keymap.get(told)


def test_a_feature_is_done_on_the_command_line_or_is_of_the_screen_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    twins = {row[3].strip("`") for row in FEATURES} - {"screen"}
    assert [twin for twin in sorted(twins) if not _exists(twin, capsys)] == []


def test_what_only_the_console_has_has_a_twin_or_is_of_the_screen_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = {row[0].strip("`"): row[1] for row in ALONE}
    assert set(told) == {one.name for one in commands.COMMANDS if one.faces == commands.CONSOLE}
    for twin in told.values():
        named = re.match(r"`(owtui [^`]+)`", twin)
        assert named or re.match(r"screen: \w", twin), twin
        assert named is None or _exists(named[1], capsys), twin


def test_every_action_that_a_key_starts_is_on_the_command_line_too() -> None:
    """A key that changes something must not be the only way to it."""
    twins = {one.key for one in commands.COMMANDS if one.changes and "cli" in one.faces}
    steered = {"job.pause", "job.retry", "job.abort"}  # `owtui jobs pause`, `retry`, `cancel`
    assert {"jobs pause", "jobs retry", "jobs cancel"} <= {c.name for c in commands.COMMANDS}
    later = {"act.apply", "act.upgrade"}  # no screen has them yet: an action each, by `apply`
    removal = {"act.delete"}  # `owtui devices remove`
    # What these change is only remembered: templates and variables, files for git beside them.
    remembered = {"template.new", "template.menu", "variable.new", "variable.menu"}
    remembered |= {"alert.ack", "alert.silence", "alert.note"}  # `owtui alerts ack`, …
    by_action = {"edit.plan", "generation.restore"}  # `owtui apply push_config`, `rollback_config`
    by_option = {"dev.ignore_drift"}  # `owtui config drift --ignore`
    changing = {key.id for key in keymap.KEYS if key.changes}
    twins |= steered | later | removal | remembered | by_action | by_option
    assert changing - twins == set()
