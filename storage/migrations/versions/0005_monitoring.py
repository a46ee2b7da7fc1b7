"""What is measured, judged and told: metrics, alerts, quiet times, Wi-Fi sessions, notifications.

Revision: 0005, after 0004. Never edited once released.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
OPEN: dict[str, Any] = {
    "sqlite_where": sa.text("resolved_at IS NULL"),
    "postgresql_where": sa.text("resolved_at IS NULL"),
}
THERE: dict[str, Any] = {
    "sqlite_where": sa.text("stop_time IS NULL"),
    "postgresql_where": sa.text("stop_time IS NULL"),
}


def text(name: str, length: int | None = None, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=null)


def uuid(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid(), nullable=null)


def time(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def whole(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=null)


def number(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Float(), nullable=null)


def flag(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=null)


def json(name: str) -> sa.Column[Any]:
    return sa.Column(name, JSON, nullable=False)


def blob(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def owner(table: str, column: str, of: str, then: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{of}.id"], name=f"fk_{table}_{column}_{of}", ondelete=then
    )


def only(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def index(table: str, column: str) -> None:
    op.create_index(f"ix_{table}_{column}", table, [column])


def noun(table: str, *parts: sa.Column[Any] | sa.Constraint) -> None:
    """A table with what every noun has: a UUID and two times."""
    key = sa.PrimaryKeyConstraint("id", name=f"pk_{table}")
    op.create_table(table, uuid("id"), time("created"), time("modified"), *parts, key)


def upgrade() -> None:
    monitoring()
    alerts()
    wifi()
    deliveries()
    notifications()


def monitoring() -> None:
    noun(
        "check_setting",
        uuid("device_id", null=True),
        uuid("group_id", null=True),
        text("check_type", 32),
        flag("is_active", null=True),
        whole("interval_s", null=True),
        json("params"),
        owner("check_setting", "device_id", "device"),
        owner("check_setting", "group_id", "device_group"),
        only("check_setting", "device_id", "check_type"),
        only("check_setting", "group_id", "check_type"),
    )
    noun(
        "metric",
        uuid("device_id"),
        text("configuration", 32),
        text("key", 64),
        text("field", 32),
        text("tags", 200),
        flag("is_healthy", null=True),
        flag("is_healthy_tolerant", null=True),
        number("value", null=True),
        time("value_at", null=True),
        owner("metric", "device_id", "device"),
        only("metric", "device_id", "key", "field", "tags"),
    )
    index("metric", "device_id")
    op.create_index("ix_metric_is_healthy", "metric", ["is_healthy", "device_id"])
    noun(
        "alert_setting",
        uuid("device_id", null=True),
        uuid("group_id", null=True),
        text("configuration", 32),
        text("tags", 200),
        flag("is_active", null=True),
        text("operator", 1, null=True),
        number("threshold", null=True),
        whole("tolerance", null=True),
        owner("alert_setting", "device_id", "device"),
        owner("alert_setting", "group_id", "device_group"),
        only("alert_setting", "device_id", "configuration", "tags"),
        only("alert_setting", "group_id", "configuration", "tags"),
    )
    noun(
        "device_document",
        uuid("device_id"),
        time("at"),
        blob("packed"),
        owner("device_document", "device_id", "device"),
        only("device_document", "device_id"),
    )


def alerts() -> None:
    noun(
        "alert",
        uuid("device_id", null=True),
        text("kind", 32),
        text("subject", 200),
        text("severity", 16),
        text("what"),
        time("opened_at"),
        time("changed_at"),
        time("resolved_at", null=True),
        uuid("cause_id", null=True),
        whole("flaps"),
        text("told", 16),
        time("acked_at", null=True),
        text("acked_by", 64),
        time("silenced_until", null=True),
        text("silenced_by", 64),
        text("note"),
        json("before"),
        owner("alert", "cause_id", "alert", then="SET NULL"),
        owner("alert", "device_id", "device"),
    )
    index("alert", "cause_id")
    index("alert", "device_id")
    op.create_index("ix_alert_resolved_at", "alert", ["resolved_at"])
    op.create_index("uq_alert_open", "alert", ["device_id", "kind", "subject"], unique=True, **OPEN)
    noun(
        "alert_event",
        uuid("alert_id"),
        time("at"),
        text("kind", 16),
        text("text"),
        text("operator", 64),
        owner("alert_event", "alert_id", "alert"),
    )
    index("alert_event", "alert_id")
    noun(
        "quiet_time",
        text("name", 64),
        text("mode", 16),
        text("filter"),
        json("kinds"),
        time("starts_at"),
        time("ends_at", null=True),
        json("weekdays"),
        text("at", 5),
        whole("minutes"),
        text("timezone", 64),
        text("operator", 64),
        text("reason"),
    )


def wifi() -> None:
    noun(
        "wifi_client",
        text("mac_address", 17),
        text("vendor", 200),
        flag("ht", null=True),
        flag("vht", null=True),
        flag("he", null=True),
        flag("wmm"),
        flag("wds"),
        flag("wps"),
        only("wifi_client", "mac_address"),
    )
    noun(
        "wifi_session",
        uuid("device_id"),
        uuid("client_id"),
        text("ssid", 32),
        text("interface_name", 15),
        time("start_time"),
        time("stop_time", null=True),
        owner("wifi_session", "client_id", "wifi_client"),
        owner("wifi_session", "device_id", "device"),
    )
    index("wifi_session", "client_id")
    index("wifi_session", "device_id")
    op.create_index("ix_wifi_session_stop_time", "wifi_session", ["stop_time"])
    op.create_index(
        "uq_wifi_session_open",
        "wifi_session",
        ["device_id", "interface_name", "ssid", "client_id"],
        unique=True,
        **THERE,
    )


def deliveries() -> None:
    noun(
        "delivery",
        text("sink", 48),
        text("key", 200),
        json("payload"),
        text("state", 16),
        time("due_at"),
        whole("attempts"),
        time("sent_at", null=True),
        text("error"),
        only("delivery", "key"),
    )
    op.create_index("ix_delivery_state_due_at", "delivery", ["state", "due_at"])
    noun("sink_secret", text("sink", 48), blob("sealed"), only("sink_secret", "sink"))


def notifications() -> None:
    noun(
        "recipient",
        text("operator", 64),
        text("email", 254),
        time("last_email_at", null=True),
        time("batch_start", null=True),
        only("recipient", "operator"),
    )
    noun(
        "notification",
        text("operator", 64),
        text("type", 48),
        text("level", 16),
        text("text"),
        time("at"),
        flag("unread"),
        flag("emailed"),
        uuid("device_id", null=True),
        uuid("alert_id", null=True),
        uuid("delivery_id", null=True),
        json("data"),
        owner("notification", "alert_id", "alert", then="SET NULL"),
        owner("notification", "delivery_id", "delivery", then="SET NULL"),
        owner("notification", "device_id", "device"),
    )
    index("notification", "alert_id")
    index("notification", "at")
    index("notification", "delivery_id")
    index("notification", "device_id")
    op.create_index("ix_notification_operator_unread", "notification", ["operator", "unread"])
    noun(
        "notification_setting",
        text("operator", 64),
        uuid("organization_id", null=True),
        text("type", 48),
        flag("web", null=True),
        flag("email", null=True),
        owner("notification_setting", "organization_id", "organization"),
        only("notification_setting", "operator", "organization_id", "type"),
    )
    noun(
        "ignored_object",
        text("operator", 64),
        uuid("device_id"),
        time("valid_till", null=True),
        owner("ignored_object", "device_id", "device"),
        only("ignored_object", "operator", "device_id"),
    )
