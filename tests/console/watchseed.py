"""What monitoring knows of the seeded fleet: alerts, metrics that fail, documents, Wi-Fi sessions
and a day of points; the same in every run.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlmodel import Session

from owtui.engine.engine import Engine
from owtui.engine.monitoring.stays import stays
from storage import alerts, documents, metrics, states, wifi
from storage.db import Database
from storage.series import Key, Point, SeriesFile, members
from storage.tables import Alert, AlertEvent
from storage.wifi import Client, Stay
from tests.console.seed import NOW, id_of

BEHIND = ("ap-hall-01", "ap-hall-02", "ap-hall-03")


def alert_id(name: str, kind: str) -> UUID:
    """An alert's id follows from its device and kind."""
    return uuid5(NAMESPACE_URL, f"alert/{name}/{kind}")


def sow_watch(file: Path) -> None:
    """Write it into the database file of a seeded fleet."""
    database = Database.open(f"sqlite:///{file}")
    try:
        for write in (_alerts, _flags, _documents, _sessions):
            database.write(write)
    finally:
        database.close()
    series = SeriesFile.open(file.with_name("series.db"), NOW.timestamp)
    try:
        series.write([point for name in MEASURED for point in _history(name)])
    finally:
        series.close()


def stand_still(engine: Engine) -> None:
    """Let the desks have the clock and the operator of the pictures."""
    engine.alerts._present = lambda: NOW
    engine.alerts._operator = engine.operator
    engine.topologies._present = lambda: NOW


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


def _flags(session: Session) -> None:
    """Two devices with a problem that is measured; one of them answers, too."""
    failing = (
        ("ap-roof-02", "cpu", "cpu", "cpu_usage", 95.2),
        ("ap-roof-06", "disk", "disk", "used_disk", 96.0),
        ("ap-roof-07", "ping", "ping", "reachable", 0.0),
    )
    metrics.save(
        session,
        [
            metrics.Flagged(id_of(name), kind, key, field, "", False, False, value, _ago(4))
            for name, kind, key, field, value in failing
        ],
    )
    ill = [states.StateUpdate(id_of(name), status="problem") for name, *_ in failing[:2]]
    states.save(session, ill)


def document() -> dict[str, Any]:
    """The document of ap-roof-01: two radios, of which one is Wi-Fi 7, and who is around."""
    return {
        "type": "DeviceMonitoring",
        "general": {
            "hostname": "ap-roof-01",
            "local_time": int((NOW - timedelta(minutes=2)).timestamp()),
            "uptime": 93_784,
        },
        "resources": {"load": [0.4, 0.3, 0.2], "cpus": 4},
        "interfaces": [
            {"name": "lo", "type": "ethernet"},
            {
                "name": "wan",
                "type": "ethernet",
                "up": True,
                "mac": "5c:a6:e6:10:01:61",
                "mtu": 1500,
                "speed": "1000F",
                "addresses": [{"address": "10.8.7.11", "mask": 24, "family": "ipv4"}],
                "statistics": {"rx_bytes": 41_200_000_000, "tx_bytes": 3_900_000_000},
            },
            _radio("phy0-ap0", "VHT80", 36, 5180, _CLIENTS[:2]),
            _radio("phy1-ap0", "EHT80", 37, 6135, _CLIENTS[2:]),
        ],
        "neighbors": [
            {
                "ip": "10.8.7.17",
                "mac": "5c:a6:e6:10:07:60",
                "interface": "br-lan",
                "state": "STALE",
            },
        ],
        "dhcp_leases": [
            {
                "expiry": int((NOW + timedelta(hours=3)).timestamp()),
                "mac": "aa:00:00:00:00:01",
                "ip": "10.8.3.120",
                "client_name": "phone",
                "client_id": "01:aa",
            },
        ],
    }


_CLIENTS: tuple[dict[str, Any], ...] = (
    {"mac": "aa:00:00:00:00:01", "ht": True, "vht": True, "he": False, "wmm": True, "assoc": True},
    {"mac": "aa:00:00:00:00:02", "ht": True, "vht": False, "he": False, "signal": -71},
    {"mac": "aa:00:00:00:00:03", "ht": True, "vht": True, "he": True, "bitrate": 1_200_500},
)


def _radio(
    name: str, htmode: str, channel: int, frequency: int, clients: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    wireless = {
        "mode": "access_point",
        "ssid": "roof",
        "channel": channel,
        "frequency": frequency,
        "htmode": htmode,
        "tx_power": 20,
        "signal": -58,
        "noise": -95,
        "bitrate": 1_100,
        "clients": list(clients),
    }
    return {"name": name, "type": "wireless", "up": True, "mac": "", "wireless": wireless}


def _documents(session: Session) -> None:
    kept = documents.Kept.of(id_of("ap-roof-01"), _ago(2), document())
    documents.save(session, [kept])


def _sessions(session: Session) -> None:
    """Three who are there, and one who left."""
    device = id_of("ap-roof-01")
    there = stays(document())
    left = {Stay("phy0-ap0", "roof", "AA:00:00:00:00:09"): Client("AA:00:00:00:00:09", "Acme")}
    wifi.see(session, {device: left}, {}, left.values(), {device: _ago(180)})
    wifi.see(session, {device: there}, {device: left}, there.values(), {device: _ago(50)})


MEASURED = ("ap-roof-01", "ap-roof-02", "ap-roof-03")
_STEP_S = 900


def _history(name: str) -> Iterator[Point]:
    """The points of one device over the day before NOW."""
    rng = random.Random(name)
    id_ = id_of(name)
    for step in range(96):
        at = NOW.timestamp() - 86_400 + step * _STEP_S + 7
        busy = 0.5 - 0.45 * math.cos(2 * math.pi * step / 96)
        yield Point(Key(id_, "cpu", "cpu_usage"), at, 6 + 60 * busy + rng.random() * 14)
        yield Point(Key(id_, "memory", "percent_used"), at, 52 + 6 * busy)
        for field, rate in (("rx_bytes", 4e9), ("tx_bytes", 9e8)):
            yield Point(Key(id_, "traffic", field, (("ifname", "wan"),)), at, rate * busy)
        macs = [f"aa:00:00:00:00:{n:02x}" for n in range(int(12 * busy) + 1)]
        yield from members(Key(id_, "wifi_clients", "clients", (("ifname", "phy0-ap0"),)), at, macs)
