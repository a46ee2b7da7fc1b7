"""owtui notifications: what was told, preferences, addresses, secrets and tests of sinks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from owtui.engine.notifications.teller import Teller
from owtui.engine.notifications.telling import Telling
from storage import notifications
from storage.core import AUDIT_ENTRY
from storage.db import Database
from tests.cli.conftest import CommandLine

AT = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _eva(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWTUI_OPERATOR", "eva")


def _database(line: CommandLine) -> Database:
    return Database.open(f"sqlite:///{line.home / 'data' / 'owtui' / 'owtui.db'}")


def _tell(line: CommandLine, count: int = 3) -> None:
    assert line("devices", "--json").code == 0  # makes the database
    database = _database(line)
    told = [Telling("drift_problem", "warning", f"ap-{n} drifted.", AT) for n in range(count)]
    database.write(lambda s: notifications.know(s, "eva"))
    database.write(lambda s: Teller().tell(s, told))
    database.close()


def test_they_are_listed_unread_first_and_marked_read(bare: CommandLine) -> None:
    _tell(bare)
    told = bare("notifications", "--json").json
    assert sorted(one["text"] for one in told) == [
        "ap-0 drifted.",
        "ap-1 drifted.",
        "ap-2 drifted.",
    ]
    assert {"id", "type", "level", "at", "unread", "device_id", "alert_id"} <= told[0].keys()
    short = told[0]["id"][:8]
    assert bare("notifications", "read", short).code == 0
    told = bare("notifications", "--json").json
    assert [one["unread"] for one in told] == [True, True, False]
    assert len(bare("notifications", "--unread", "--json").json) == 2
    assert len(bare("notifications", "--limit", 2, "--page", 2, "--json").json) == 1
    assert "2 marked as read" in bare("notifications", "read", "--all").err
    assert bare("notifications", "--unread", "--json").json == []


def test_reading_wants_ids_or_all_and_ids_that_are_there(bare: CommandLine) -> None:
    _tell(bare)
    for words in ([], ["abc", "--all"], ["zzzz"]):
        assert bare("notifications", "read", *words).code == 2


def test_preferences_follow_each_other_and_are_audited(bare: CommandLine) -> None:
    def ways(*more: str) -> tuple[bool, bool]:
        found = bare("notifications", "settings", *more, "--json").json
        return next((one["web"], one["email"]) for one in found if one["type"] == "ping_problem")

    assert bare("notifications", "set", "ping_problem", "--no-email").code == 0
    assert ways() == (True, False)
    assert ways("--operator", "ben") == (True, True)
    assert bare("notifications", "set", "--no-web", "--everybody").code == 0
    assert ways("--operator", "ben") == (False, False)
    assert ways() == (False, False)
    assert bare("notifications", "set", "--email").code == 0  # of all types: web as well
    assert ways() == (True, True)
    assert bare("notifications", "set", "--inherit").code == 0
    assert ways() == (False, False)
    told = bare("audit", "--json").json
    assert [one["action"] for one in told] == ["set_notification_preference"] * 4


@pytest.mark.parametrize(
    "words",
    [
        ["set"],
        ["set", "nothing", "--no-web"],
        ["set", "generic_message", "--no-web"],
        ["test", "x"],
    ],
)
def test_what_cannot_be_is_refused(bare: CommandLine, words: list[str]) -> None:
    assert bare("notifications", *words).code == 2


def test_addresses_are_checked_and_kept(bare: CommandLine) -> None:
    assert bare("notifications", "recipients", "set", "eva@example.org").code == 0
    assert bare("notifications", "recipients", "set", "noc@example.org", "--everybody").code == 0
    for wrong in ("eva", "a@b, c@d", "x@y\nBcc: z@z"):
        assert bare("notifications", "recipients", "set", wrong).code == 2
    found = bare("notifications", "recipients", "--json").json
    assert [(one["operator"], one["email"]) for one in found] == [
        ("(everybody)", "noc@example.org"),
        ("eva", "eva@example.org"),
    ]
    assert bare("notifications", "recipients", "forget", "eva").code == 0
    assert len(bare("notifications", "recipients", "--json").json) == 1


def test_a_device_is_ignored_and_heard_of_again(owtui: CommandLine) -> None:
    name = owtui("devices", "--json").json[0]["name"]
    assert owtui("notifications", "ignore", name, "--for", "1w").code == 0
    (told,) = owtui("notifications", "ignore", "--json").json
    assert told["device"] == name and told["till"]
    assert owtui("notifications", "ignore", name, "--off").code == 0
    assert owtui("notifications", "ignore", "--json").json == []


def test_a_secret_is_sealed_and_a_test_runs_the_program(bare: CommandLine, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    program = tmp_path / "page"
    program.write_text(f"#!/bin/sh\ncat > {out}\n")
    program.chmod(0o700)
    bare.patch.setenv("OWTUI_NOTIFY_EXEC", str(program))
    done = bare("notifications", "test", "exec")
    assert done.code == 0, done.err
    assert json.loads(out.read_text())["test"] is True
    assert bare("notifications", "secret", "webhook", "--stdin", stdin="key-7f3a\n").code == 0
    assert bare("notifications", "secret", "webhook", "--stdin", stdin="").code == 2
    found = {one["sink"]: one for one in bare("notifications", "sinks", "--json").json}
    assert (found["exec"]["on"], found["webhook"]["on"]) == (True, False)
    assert (found["exec"]["secret"], found["webhook"]["secret"]) == (False, True)
    database = _database(bare)
    try:
        entries = database.read(lambda s: s.execute(AUDIT_ENTRY.select()).all())
    finally:
        database.close()
    assert {one.action for one in entries} == {"test_sink", "set_sink_secret"}
    assert "7f3a" not in str(entries)
    files = [bare.home / "data" / "owtui" / name for name in ("owtui.db", "owtui.db-wal")]
    assert not any(b"key-7f3a" in one.read_bytes() for one in files if one.exists())
    assert bare("notifications", "secret", "webhook", "--forget").code == 0


def test_read_only_changes_no_preference(bare: CommandLine) -> None:
    assert bare("--read-only", "notifications", "set", "--no-web").code == 4
    assert bare("--read-only", "notifications").code == 0
