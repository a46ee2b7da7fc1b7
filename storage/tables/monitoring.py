"""Checks, metrics and their judgement, alerts, quiet times, Wi-Fi sessions, the latest document.

Points are not here: they are in the series (storage.series). A row of `metric` is written when a
judgement changes, not when a value comes.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlmodel import Field

from storage.tables.base import JsonColumn, Row, UtcDateTime


class CheckSetting(Row, table=True):
    """Where the checks of devices deviate from the settings: of one device, or of one group.

    There is no row a device and check as in OpenWISP: a check is there by its settings, and a row
    says what differs. `is_active`, `interval_s`: NULL inherits (device, then group, then settings).
    `params` are merged over those above, key by key. Exactly one of device_id and group_id is set.
    """

    __tablename__ = "check_setting"
    __table_args__ = (
        UniqueConstraint("device_id", "check_type"),
        UniqueConstraint("group_id", "check_type"),
    )

    device_id: UUID | None = Field(default=None, foreign_key="device.id", ondelete="CASCADE")
    group_id: UUID | None = Field(default=None, foreign_key="device_group.id", ondelete="CASCADE")
    check_type: str = Field(max_length=32)
    is_active: bool | None = None
    interval_s: int | None = None
    params: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JsonColumn, nullable=False)
    )


class Metric(Row, table=True):
    """Something that is measured on a device, with its two flags (operations.md §1.5).

    `configuration` names the kind (engine.monitoring.metrics), `tags` are "ifname=wlan0 …", sorted:
    the main tags that make it unique. `is_healthy` follows each value at once and drives the
    device's status; `is_healthy_tolerant` waits for the tolerance and drives alerts. NULL: never
    judged. `value` and `value_at` are those of the last change of a flag.
    """

    __tablename__ = "metric"
    __table_args__ = (
        UniqueConstraint("device_id", "key", "field", "tags"),
        Index("ix_metric_is_healthy", "is_healthy", "device_id"),
    )

    device_id: UUID = Field(foreign_key="device.id", ondelete="CASCADE", index=True)
    configuration: str = Field(max_length=32)
    key: str = Field(max_length=64)
    field: str = Field(max_length=32)
    tags: str = Field(default="", max_length=200)
    is_healthy: bool | None = None
    is_healthy_tolerant: bool | None = None
    value: float | None = None
    value_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AlertSetting(Row, table=True):
    """Where the threshold of a metric deviates from its default: one device's, or one group's.

    NULL inherits, as in OpenWISP, where a value equal to the default is stored as NULL so that
    later defaults apply. `tolerance`: minutes, 0 to 10080. `tags` "": whatever the tags.
    """

    __tablename__ = "alert_setting"
    __table_args__ = (
        UniqueConstraint("device_id", "configuration", "tags"),
        UniqueConstraint("group_id", "configuration", "tags"),
    )

    device_id: UUID | None = Field(default=None, foreign_key="device.id", ondelete="CASCADE")
    group_id: UUID | None = Field(default=None, foreign_key="device_group.id", ondelete="CASCADE")
    configuration: str = Field(max_length=32)
    tags: str = Field(default="", max_length=200)
    is_active: bool | None = None
    operator: str | None = Field(default=None, max_length=1)  # "<" or ">"
    threshold: float | None = None
    tolerance: int | None = None


class Alert(Row, table=True):
    """Something is wrong with a device, from its opening to its end; kept afterwards.

    `kind`: the metric's configuration ("ping", "cpu"), or what else opens alerts ("drift",
    "series", "forecast"). `subject` tells alerts of one kind apart ("ifname=wlan0").
    `device_id` NULL: of the engine itself. One alert a (device, kind, subject) is open at a time.
    `severity`: critical, warning, info. `cause_id`: the alert that explains this one, which is
    folded under it.
    `flaps`: how often it came back within the hold; `acked_at` and `silenced_until`: a person's.
    `told`: the last that people were told of it: "" nothing, problem, flapping; "quiet" nothing, as
    it was in a quiet time; "covered" nothing ever.
    `before`: what changed just before it opened, as a list of {at, kind, text, ref}.
    """

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "uq_alert_open",
            "device_id",
            "kind",
            "subject",
            unique=True,
            sqlite_where=text("resolved_at IS NULL"),
            postgresql_where=text("resolved_at IS NULL"),
        ),
        Index("ix_alert_resolved_at", "resolved_at"),
    )

    device_id: UUID | None = Field(
        default=None, foreign_key="device.id", ondelete="CASCADE", index=True
    )
    kind: str = Field(max_length=32)
    subject: str = Field(default="", max_length=200)
    severity: str = Field(default="warning", max_length=16)
    what: str = ""
    opened_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)  # opened, came back, folded, unfolded
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    cause_id: UUID | None = Field(
        default=None, foreign_key="alert.id", ondelete="SET NULL", index=True
    )
    flaps: int = 0
    told: str = Field(default="", max_length=16)
    acked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    acked_by: str = Field(default="", max_length=64)
    silenced_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    silenced_by: str = Field(default="", max_length=64)
    note: str = ""
    before: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JsonColumn, nullable=False)
    )


class AlertEvent(Row, table=True):
    """One line of an alert's timeline: opened, flapped, folded, acked, silenced, resolved…"""

    __tablename__ = "alert_event"

    alert_id: UUID = Field(foreign_key="alert.id", ondelete="CASCADE", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    kind: str = Field(max_length=16)
    text: str = ""
    operator: str = Field(default="", max_length=64)


class QuietTime(Row, table=True):
    """When alerts of some devices are nobody's to be woken for.

    `mode`: "silence" (a person's, once) or "maintenance" (a window; may recur). `filter` is the
    filter language, "" all devices; `kinds`: alert kinds, [] all. From `starts_at` to `ends_at`; a
    recurring one has `weekdays` (0 is Monday), `at` "HH:MM" and `minutes` in `timezone`, and is
    quiet only between those.
    """

    __tablename__ = "quiet_time"

    name: str = Field(max_length=64)
    mode: str = Field(default="silence", max_length=16)
    filter: str = ""
    kinds: list[str] = Field(default_factory=list, sa_column=Column(JsonColumn, nullable=False))
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    weekdays: list[int] = Field(default_factory=list, sa_column=Column(JsonColumn, nullable=False))
    at: str = Field(default="", max_length=5)
    minutes: int = 0
    timezone: str = Field(default="UTC", max_length=64)
    operator: str = Field(default="", max_length=64)
    reason: str = ""


class DeviceDocument(Row, table=True):
    """The latest NetJSON DeviceMonitoring document of a device, as zlib-compressed JSON.

    Written with each collect by whoever runs the engine. The next document's traffic counters are
    compared with these; the device's tabs show it. It is kept 24 hours in OpenWISP's short policy.
    """

    __tablename__ = "device_document"

    device_id: UUID = Field(foreign_key="device.id", ondelete="CASCADE", unique=True)
    at: datetime = Field(sa_type=UtcDateTime)
    packed: bytes


class WifiClient(Row, table=True):
    """A Wi-Fi station by its MAC (upper case); NULL capability: not applicable to its radio."""

    __tablename__ = "wifi_client"

    mac_address: str = Field(max_length=17, unique=True)
    vendor: str = Field(default="", max_length=200)
    ht: bool | None = None
    vht: bool | None = None
    he: bool | None = None
    wmm: bool = False
    wds: bool = False
    wps: bool = False


class WifiSession(Row, table=True):
    """A stay of a client on an access point; `stop_time` NULL while it is there.

    `start_time` is set once: upstream rewrites it with each save (operations.md §12.4).
    """

    __tablename__ = "wifi_session"
    __table_args__ = (
        Index(
            "uq_wifi_session_open",
            "device_id",
            "interface_name",
            "ssid",
            "client_id",
            unique=True,
            sqlite_where=text("stop_time IS NULL"),
            postgresql_where=text("stop_time IS NULL"),
        ),
        Index("ix_wifi_session_stop_time", "stop_time"),
    )

    device_id: UUID = Field(foreign_key="device.id", ondelete="CASCADE", index=True)
    client_id: UUID = Field(foreign_key="wifi_client.id", ondelete="CASCADE", index=True)
    ssid: str = Field(max_length=32)
    interface_name: str = Field(max_length=15)
    start_time: datetime = Field(sa_type=UtcDateTime)
    stop_time: datetime | None = Field(default=None, sa_type=UtcDateTime)
