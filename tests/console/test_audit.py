"""Audit: newest first, live, filtered by words or by devices, and out of the console again."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from textual.pilot import Pilot

from owtui.console.app import ConsoleApp
from owtui.console.presenters import audit, words
from owtui.console.screens import audit as screen
from owtui.console.screens.audit import AuditScreen
from owtui.console.screens.fleet import FleetScreen
from owtui.console.screens.job import JobScreen
from owtui.console.screens.text import TextScreen
from owtui.engine.events import AuditChanged
from owtui.errors import InputError
from storage import audit as stored
from storage.db import Database
from storage.tables import AuditEntry
from tests.console.driving import driven, press, shown, type_text, until
from tests.console.seed import NOW
from widgets.glyphs import UTF8

FIELDS = ("who", "what")


def entry(**fields: Any) -> dict[str, Any]:
    """An entry as the engine gives it."""
    return {
        "id": 1,
        "at": NOW,
        "operator": "eva",
        "host": "noc-1",
        "face": "cli",
        "action": "reboot",
        "outcome": "success",
        "device": "ap-1",
        "job": None,
        "job_number": None,
        "detail": {},
        **fields,
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "abc"),
        ("EVA", "ac"),
        ("who=eva", "a"),
        ("who=ev*", "ac"),
        ("who:va", "ac"),
        ("!who=eva", "bc"),
        ("reboot !eva", "b"),
        ('what="run it"', "c"),
        ('"run i', "c"),
        ("what=", ""),
        ("nobody", ""),
    ],
)
def test_words_are_all_wanted_and_a_key_names_the_field(text: str, found: str) -> None:
    rows = {
        "a": {"who": "eva", "what": "reboot"},
        "b": {"who": "otto", "what": "reboot"},
        "c": {"who": "Evan", "what": "run it"},
    }
    matches = words.parse(text, FIELDS)
    assert "".join(key for key, row in rows.items() if matches is None or matches(row)) == found


def test_a_field_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(InputError) as refused:
        words.parse("tag=roof", FIELDS)
    assert refused.value.sentence == "There is no “tag” here."
    assert refused.value.hint == "There are: who, what."


def test_a_file_for_a_spreadsheet_runs_no_formula_and_json_keeps_everything() -> None:
    told = [entry(device="=cmd()", detail={"params": {"tags": ["a", "b"]}}, job=uuid4())]
    (row,) = csv.DictReader(StringIO(audit.as_file(told, "csv")))
    assert row["device"] == "'=cmd()"
    assert row["at"] == "2026-11-23T16:12:00Z"
    assert json.loads(row["detail"]) == told[0]["detail"]
    (back,) = json.loads(audit.as_file(told, "json"))
    assert back["device"] == "=cmd()" and UUID(back["job"]) == told[0]["job"]


def test_what_changed_is_told_in_words() -> None:
    (row,) = audit.rows([entry(detail={"devices": 2, "params": {"tags": ["a"]}})], UTF8)
    assert row.text(7) == "devices: 2, params: tags=a"


def _screen(pilot: Pilot[Any]) -> AuditScreen:
    return cast(AuditScreen, cast(ConsoleApp, pilot.app).screen)


def _write(folder: Path, *entries: AuditEntry) -> None:
    database = Database.open(f"sqlite:///{folder / 'owtui.db'}")
    try:
        database.write(lambda session: stored.write(session, *entries))
    finally:
        database.close()


async def _open(pilot: Pilot[Any], line: str = ":audit") -> None:
    await type_text(pilot, line)
    await press(pilot, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, AuditScreen))
    await until(pilot, lambda: _screen(pilot).table.total)
    await press(pilot)


async def test_who_did_what_newest_first_and_enter_opens_the_job(folder: Path) -> None:
    async with driven(folder) as pilot:
        await _open(pilot)
        assert "19 entries" in shown(pilot.app)[0]
        assert "reboot" in shown(pilot.app)[2] and "ap-roof-01" in shown(pilot.app)[2]
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, JobScreen)
        assert "Jobs › 3" in shown(pilot.app)[0]
        await press(pilot, "escape", "d")
        assert isinstance(pilot.app.screen, TextScreen)
        assert any("eva on noc-1, console" in line for line in shown(pilot.app))


async def test_words_filter_while_they_are_typed_and_escape_shows_all(folder: Path) -> None:
    async with driven(folder) as pilot:
        await _open(pilot)
        await press(pilot, "slash")
        assert "words, or who= what= device=" in "\n".join(shown(pilot.app))
        await press(pilot, *"outcome=failed")
        await until(pilot, lambda: len(_screen(pilot).table.order) == 1)
        assert any("ap-roof-07" in line for line in shown(pilot.app))
        await press(pilot, *" tag=x")
        await until(pilot, lambda: "There is no “tag” here" in "\n".join(shown(pilot.app)))
        await press(pilot, *["backspace"] * 6, "enter")
        assert "/outcome=failed" in shown(pilot.app)[0] and "1 of 19 entries" in shown(pilot.app)[0]
        await press(pilot, "escape")
        assert len(_screen(pilot).table.order) == 19
        await press(pilot, "left_square_bracket")
        assert len(_screen(pilot).table.order) == 1


async def test_a_filter_of_devices_is_the_command_line_s(folder: Path) -> None:
    async with driven(folder) as pilot:
        await _open(pilot, ":audit ap-roof-07")
        await until(pilot, lambda: len(_screen(pilot).table.order) == 1)
        assert "Audit › of ap-roof-07" in shown(pilot.app)[0]
        await press(pilot, "escape")
        await until(pilot, lambda: len(_screen(pilot).table.order) == 19)
        await press(pilot, "left_square_bracket", "left_square_bracket")
        assert isinstance(pilot.app.screen, FleetScreen)
        await type_text(pilot, ":audit cpu>much")
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, FleetScreen)  # told under the line


async def test_what_others_do_appears_and_who_looks_at_the_newest_stays_there(folder: Path) -> None:
    async with driven(folder) as pilot:
        await _open(pilot)
        _write(folder, AuditEntry(operator="otto", host="noc-2", face="cli", action="rotate_key"))
        engine = cast(ConsoleApp, pilot.app).bridge.engine
        assert engine is not None
        engine.bus.publish(AuditChanged("*"))
        await until(pilot, lambda: "rotate_key" in shown(pilot.app)[2])
        table = _screen(pilot).table
        assert table.cursor_key == table.order[0]
        await press(pilot, "enter")  # no job: the entry in full
        assert any("otto on noc-2, cli" in line for line in shown(pilot.app))


async def test_more_than_the_newest_is_said_to_be_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "MOST", 5)
    async with driven(folder) as pilot:
        await _open(pilot)
        assert "the 5 newest" in shown(pilot.app)[0]


async def test_what_is_shown_is_written_to_a_file_but_never_over_one(
    folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "done.json"
    async with driven(folder) as pilot:
        await _open(pilot)
        await type_text(pilot, "/run_command")
        await press(pilot, "enter")
        for _ in range(2):
            await press(pilot, "E")
            await press(pilot, *["backspace"] * len("audit.csv"))
            await type_text(pilot, str(file))
            await press(pilot, "enter")
            await until(pilot, file.exists)
        assert {one["action"] for one in json.loads(file.read_text("utf-8"))} == {"run_command"}
        text = " ".join("\n".join(shown(pilot.app)).split())
        assert "is there already." in text


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_who_what_whom_and_how_it_ended_fit_every_size(
    folder: Path, size: tuple[int, int]
) -> None:
    async with driven(folder, size, ascii=True, color=False) as pilot:
        await _open(pilot)
        lines = shown(pilot.app)
        assert all(line.isascii() for line in lines)
        words_ = ("2026-11-23 16:10", "eva", "reboot", "ap-roof-01", "success", " 3")
        assert all(word in lines[2] for word in words_)
