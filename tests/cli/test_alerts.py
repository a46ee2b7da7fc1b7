"""owtui alerts: what is wrong, and what a person at a command line says of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from storage import alerts, devices
from storage.core import DEVICE
from storage.db import Database
from storage.tables import Alert
from tests.cli.conftest import CommandLine

ALERT = (
    "id device_id device kind label subject severity what states opened_at changed_at resolved_at"
    " cause_id behind flaps told acked_at acked_by silenced_until silenced_by quiet quiet_until"
    " note short_id state"
)
QUIET = (
    "name mode starts_at ends_at filter kinds weekdays at minutes timezone operator reason id"
    " active until next devices"
)
THRESHOLD = "kind label unit owner tags is_active operator threshold tolerance custom inherited"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def line(bare: CommandLine) -> CommandLine:
    """Two access points behind a gateway that is gone, and a disk that is full."""
    database = Database.open(f"sqlite:///{bare.home / 'data' / 'owtui' / 'owtui.db'}")

    def write(session):  # type: ignore[no-untyped-def]
        ids = {
            name: devices.create(session, name, address=f"192.0.2.{nth}").id
            for nth, name in enumerate(("gw", "ap-1", "ap-2"), 1)
        }
        cause = Alert(
            id=UUID("3f2a0000-0000-4000-8000-000000000001"),
            device_id=ids["gw"],
            kind="ping",
            severity="critical",
            what="is not reachable for 30 m",
            opened_at=NOON,
            changed_at=NOON,
            before=[{"at": "2026-11-27T11:50:00Z", "kind": "job", "text": "job 4", "ref": "4"}],
        )
        alerts.add(session, [cause])
        alerts.line(session, cause.id, NOON, "opened", cause.what)
        for nth, (name, kind, above) in enumerate(
            (("ap-1", "ping", cause.id), ("ap-2", "disk", None)), 1
        ):
            one = Alert(
                id=UUID(f"{nth}f2a0000-0000-4000-8000-00000000000{nth}"),
                device_id=ids[name],
                kind=kind,
                what=f"{kind} of {name}",
                opened_at=NOON + timedelta(minutes=nth),
                changed_at=NOON,
                cause_id=above,
            )
            alerts.add(session, [one])

    database.write(write)
    database.close()
    return bare


def test_what_is_wrong_is_listed_with_what_is_folded(line: CommandLine) -> None:
    done = line("alerts")
    assert done.code == 0, done.err
    head, first, second = done.out.splitlines()
    assert head.split() == ["ID", "SEV", "SINCE", "DEVICE", "KIND", "WHAT", "STATE"]
    assert first.startswith("3f2a0000  critical") and first.endswith("open +1")
    assert "ap-2" in second and second.endswith("open")
    assert "ap-1" not in done.out
    assert [one["device"] for one in line("alerts", "--state", "all", "--json").json] == [
        *("gw", "ap-2", "ap-1")
    ]
    told = line("alerts", "ap-2", "--json").json
    assert list(told[0]) == ALERT.split()
    assert [one["kind"] for one in told] == ["disk"]
    assert line("alerts", "--severity", "info").err.strip() == "No alerts."


def test_one_is_shown_with_its_cause_and_its_story(line: CommandLine) -> None:
    told = line("alerts", "show", "3f2a", "--json").json
    assert list(told) == [*ALERT.split(), "timeline", "before", "folded", "cause"]
    assert [one["kind"] for one in told["timeline"]] == ["opened"]
    text = line("alerts", "show", "3f2a").out
    assert "gw: is not reachable for 30 m" in text
    assert "Just before" in text and "job 4" in text
    assert "Folded under it" in text and "ap-1" in text
    assert "because of 3f2a0000  gw" in line("alerts", "show", "1f2a").out


def test_people_say_what_they_do_about_it(line: CommandLine) -> None:
    (row,) = line("alerts", "ack", "3f2a", "--note", "on my way", "--json").json
    assert (row["state"], row["note"]) == ("acked", "on my way")
    assert line("alerts", "unack", "3f2a").code == 0
    (row,) = line("alerts", "silence", "3f2a", "--for", "4h", "--json").json
    assert row["state"] == "silenced"
    assert line("alerts", "unsilence", "3f2a").code == 0
    rows = line("alerts", "silence", "3f2a", "2f2a", "--until", "2999-01-01T07:00", "--json").json
    assert [one["state"] for one in rows] == ["silenced", "silenced"]
    (row,) = line("alerts", "note", "3f2a", "check", "the", "power", "--json").json
    assert row["note"] == "check the power"
    actions = {one["action"] for one in line("audit", "--json").json}
    assert {"alert_acked", "alert_silenced", "alert_note"} <= actions


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ack", "nope"), "There is no alert nope."),
        (("silence", "3f2a", "--for", "soon"), "“soon” is no length of time."),
        (("silence", "3f2a", "--until", "2020-01-01"), "That time is over."),
        (("silence", "3f2a", "--for", "1h", "--until", "2999-01-01"), "Give one of"),
        (("quiet", "add", "x"), "How long is it?"),
        (("quiet", "add", "x", "--weekly", "mon"), "--weekly and --at"),
        (("quiet", "add", "x", "--kind", "pong", "--for", "1h"), "no alerts of the kind pong"),
        (("quiet", "remove", "x"), "There is no quiet time x."),
        (("threshold", "set", "cpu", "threshold=80"), "Whose threshold?"),
        (("threshold", "set", "cpu", "limit=80", "--device", "gw"), "has no limit to set"),
        (("threshold", "set", "cpu", "tolerance=x", "--device", "gw"), "must be a number"),
    ],
)
def test_mistakes_are_one_sentence(line: CommandLine, words: tuple[str, ...], said: str) -> None:
    done = line("alerts", *words)
    assert (done.code, said in done.err) == (2, True), done.err


def test_nothing_is_said_of_alerts_in_a_fleet_that_is_read_only(line: CommandLine) -> None:
    for words in (("ack", "3f2a"), ("quiet", "add", "x", "--for", "1h")):
        assert line("--read-only", "alerts", *words).code == 4


def test_quiet_times_are_added_listed_and_removed(line: CommandLine) -> None:
    assert line("alerts", "quiet", "add", "works", "ap-*", "--for", "4h").code == 0
    weekly = ("--weekly", "weekdays", "--at", "02:00", "--for", "90m", "--timezone", "Europe/Rome")
    done = line("alerts", "quiet", "add", "nights", "nobody", *weekly)
    assert done.code == 0, done.err
    nights, works = line("alerts", "quiet", "--json").json
    assert list(works) == QUIET.split()
    assert (works["active"], works["devices"], nights["minutes"]) == (True, 2, 90)
    assert nights["weekdays"] == [0, 1, 2, 3, 4]
    assert [one["state"] for one in line("alerts", "--json").json] == ["open", "maintenance"]
    assert line("alerts", "quiet", "remove", "works").code == 0
    assert len(line("alerts", "quiet", "--json").json) == 1


def test_thresholds_are_listed_set_and_taken_back(line: CommandLine) -> None:
    told = line("alerts", "threshold", "--json").json
    assert list(told[0]) == THRESHOLD.split()
    assert {one["kind"]: one["threshold"] for one in told}["cpu"] == 90
    change = ("threshold", "set", "cpu", "threshold=80", "tolerance=30", "--device", "gw")
    (row,) = line("alerts", *change, "--json").json
    assert (row["threshold"], row["custom"]) == (80, ["threshold"])  # 30 is the default
    (row,) = line("alerts", "threshold", "reset", "cpu", "--device", "gw", "--json").json
    assert (row["threshold"], row["custom"]) == (90, [])


def test_watching_prints_what_changes(line: CommandLine) -> None:
    watching = line.start("alerts", "--watch", "--json")
    try:
        assert watching.stdout is not None
        first = [watching.stdout.readline() for _ in range(2)]
        assert '"gw"' in first[0]
        assert line("alerts", "note", "3f2a", "seen").code == 0
        assert '"seen"' in watching.stdout.readline()
        database = Database.open(f"sqlite:///{line.home / 'data' / 'owtui' / 'owtui.db'}")
        database.write(lambda s: s.execute(DEVICE.delete().where(DEVICE.c.name == "gw")))
        assert line("alerts", "note", "2f2a", "still here").code == 0
        told = [watching.stdout.readline() for _ in range(2)]  # one is unfolded, one has the note
        assert any("still here" in one for one in told)
        database.close()
    finally:
        watching.terminate()
        watching.communicate(timeout=20)
