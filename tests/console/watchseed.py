"""What monitoring knows of the seeded fleet: alerts with their stories, the same in every run."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlmodel import Session

from owtui.engine.engine import Engine
from storage import alerts
from storage.db import Database
from storage.tables import Alert, AlertEvent
from tests.console.seed import NOW, id_of

BEHIND = ("ap-hall-01", "ap-hall-02", "ap-hall-03")


def alert_id(name: str, kind: str) -> UUID:
    """An alert's id follows from its device and kind."""
    return uuid5(NAMESPACE_URL, f"alert/{name}/{kind}")


def sow_watch(file: Path) -> None:
    """Write it into the database file of a seeded fleet."""
    database = Database.open(f"sqlite:///{file}")
    try:
        database.write(_alerts)
    finally:
        database.close()


def stand_still(engine: Engine) -> None:
    """Let the desk of alerts have the clock and the operator of the pictures."""
    engine.alerts._present = lambda: NOW
    engine.alerts._operator = engine.operator


def _alerts(session: Session) -> None:
    before = [
        _change(7, "job", "job 41 “channel 100” success", "41"),
        _change(8, "neighbour", "ap-roof-01: Ping has recovered", str(alert_id("x", "ping"))),
    ]
    made = [
        _alert("ap-roof-07", "ping", 6, "critical", "is not reachable for 30 m", before=before),
        _alert("gw-harbour", "ping", 2, "critical", "is not reachable for 30 m"),
        _alert("ap-roof-02", "cpu", 4, "warning", "CPU 91 % > 90 % for 4 m"),
        _alert(
            *("ap-roof-06", "disk", 31, "warning", "Disk 96 % > 80 %"),
            acked_at=_ago(20),
            acked_by="eva",
            note="a new one is ordered",
        ),
        _alert("ap-roof-04", "drift", 70, "warning", "wireless differs"),
        _alert(
            *("cpe-01", "memory", 120, "warning", "Memory 97 % > 95 % for 5 m"),
            silenced_until=NOW + timedelta(hours=4),
            silenced_by="eva",
        ),
        _alert(
            *("ap-yard-02", "wifi_clients_max", 340, "warning", "WiFi clients 63 > 50"),
            flaps=6,
            told="flapping",
        ),
    ]
    cause = alert_id("gw-harbour", "ping")
    for name in BEHIND:
        made.append(_alert(name, "ping", 2, "warning", "is not reachable for 30 m", cause_id=cause))
    alerts.add(session, made)
    for one in made:
        session.add(AlertEvent(alert_id=one.id, at=one.opened_at, kind="opened", text=one.what))
    acked = alert_id("ap-roof-06", "disk")
    session.add(
        AlertEvent(
            alert_id=acked,
            at=_ago(20),
            kind="acked",
            text="a new one is ordered",
            operator="eva",
        )
    )


def _ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def _change(minutes: float, kind: str, text: str, ref: str) -> dict[str, Any]:
    return {"at": _ago(minutes).isoformat(), "kind": kind, "text": text, "ref": ref}


def _alert(name: str, kind: str, minutes: float, severity: str, what: str, **more: Any) -> Alert:
    told = {"told": "problem", **more}
    opened = _ago(minutes)
    return Alert(
        id=alert_id(name, kind),
        device_id=id_of(name),
        kind=kind,
        severity=severity,
        what=what,
        opened_at=opened,
        changed_at=opened,
        **told,
    )
