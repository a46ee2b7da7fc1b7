"""Rows as revision 0005 had them: what is measured, judged and told of one device."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlmodel import Session

from storage.tables import (
    Alert,
    AlertEvent,
    AlertSetting,
    CheckSetting,
    Delivery,
    DeviceDocument,
    IgnoredObject,
    Metric,
    Notification,
    NotificationSetting,
    QuietTime,
    Recipient,
    SinkSecret,
    WifiClient,
    WifiSession,
)
from tests.storage.at_0001 import TYPES
from tests.storage.at_0003 import ROWS as OWNERS

AT = datetime(2026, 11, 27, 1, 5, tzinfo=UTC)
ORGANIZATION, DEVICE = UUID(int=51), UUID(int=52)
ALERT, CLIENT = UUID(int=54), UUID(int=55)

ROWS: dict[str, dict[str, object]] = {
    "organization": {**OWNERS["organization"], "id": ORGANIZATION, "name": "Lock", "slug": "lock"},
    "device": {
        **OWNERS["device"],
        "id": DEVICE,
        "organization_id": ORGANIZATION,
        "name": "AP-5",
        "key": "5" * 32,
    },
    "check_setting": {"device_id": DEVICE, "check_type": "ping", "interval_s": 60, "params": {}},
    "metric": {
        "device_id": DEVICE,
        "configuration": "ping",
        "key": "ping",
        "field": "reachable",
        "tags": "",
        "is_healthy": False,
        "value": 0.0,
        "value_at": AT,
    },
    "alert_setting": {
        "device_id": DEVICE,
        "configuration": "cpu",
        "tags": "",
        "operator": ">",
        "threshold": 80.5,
        "tolerance": 10,
    },
    "device_document": {"device_id": DEVICE, "at": AT, "packed": b"x\x9c"},
    "alert": {
        "id": ALERT,
        "device_id": DEVICE,
        "kind": "ping",
        "subject": "",
        "severity": "critical",
        "what": "is not reachable",
        "opened_at": AT,
        "changed_at": AT,
        "flaps": 2,
        "told": "problem",
        "acked_by": "eva",
        "silenced_by": "",
        "note": "",
        "before": [{"kind": "job", "text": "reboot"}],
    },
    "alert_event": {
        "alert_id": ALERT,
        "at": AT,
        "kind": "opened",
        "text": "no reply",
        "operator": "",
    },
    "quiet_time": {
        "name": "night",
        "mode": "maintenance",
        "filter": "tag=roof",
        "kinds": ["ping"],
        "starts_at": AT,
        "weekdays": [6],
        "at": "02:00",
        "minutes": 90,
        "timezone": "Europe/Rome",
        "operator": "eva",
        "reason": "",
    },
    "wifi_client": {
        "id": CLIENT,
        "mac_address": "AA:BB:CC:00:00:01",
        "vendor": "",
        "he": True,
        "wmm": True,
        "wds": False,
        "wps": False,
    },
    "wifi_session": {
        "device_id": DEVICE,
        "client_id": CLIENT,
        "ssid": "quay",
        "interface_name": "wlan0",
        "start_time": AT,
    },
    "recipient": {"operator": "eva", "email": "eva@example.org"},
    "notification": {
        "operator": "eva",
        "type": "ping_problem",
        "level": "warning",
        "text": "AP-5 is not reachable",
        "at": AT,
        "unread": True,
        "emailed": False,
        "device_id": DEVICE,
        "alert_id": ALERT,
        "data": {"device": "AP-5"},
    },
    "notification_setting": {"operator": "eva", "type": "ping_problem", "email": False},
    "ignored_object": {"operator": "eva", "device_id": DEVICE, "valid_till": AT},
    "delivery": {
        "sink": "email",
        "key": "eva/1",
        "payload": {"ids": [1]},
        "state": "waiting",
        "due_at": AT,
        "attempts": 0,
        "error": "",
    },
    "sink_secret": {"sink": "webhook", "sealed": b"\x01sealed"},
}

KEPT = {
    Alert: ("severity", "opened_at", "flaps", "told", "before"),
    AlertEvent: ("kind", "at", "text"),
    AlertSetting: ("operator", "threshold", "tolerance"),
    CheckSetting: ("check_type", "interval_s", "params"),
    Delivery: ("sink", "payload", "due_at"),
    DeviceDocument: ("at", "packed"),
    IgnoredObject: ("operator", "valid_till"),
    Metric: ("is_healthy", "value", "value_at"),
    Notification: ("type", "unread", "data"),
    NotificationSetting: ("type", "email"),
    QuietTime: ("weekdays", "minutes", "timezone", "kinds"),
    Recipient: ("email",),
    SinkSecret: ("sink", "sealed"),
    WifiClient: ("mac_address", "he", "wmm"),
    WifiSession: ("ssid", "start_time"),
}


def insert(connection: Connection) -> None:
    """By the statements of that time."""
    for number, (table, row) in enumerate(ROWS.items(), 60):
        values = {"id": UUID(int=number), **row, "created": AT, "modified": AT}
        columns = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join(f":{name}" for name in values)
        typed = [
            bindparam(name, type_=TYPES[type(value)]())
            for name, value in values.items()
            if type(value) in TYPES
        ]
        statement = text(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})')
        connection.execute(statement.bindparams(*typed), values)


def check(session: Session) -> None:
    """Every row is there with what it said."""
    numbers = {table: UUID(int=number) for number, table in enumerate(ROWS, 60)}
    for row_class, names in KEPT.items():
        table = str(row_class.__tablename__)
        wanted = ROWS[table]
        found = session.get_one(row_class, wanted.get("id", numbers[table]))
        assert {name: getattr(found, name) for name in names} == {
            name: wanted[name] for name in names
        }
