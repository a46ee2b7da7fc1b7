"""The first tables: inventory, ways in, work, and what the processes tell each other.

Revision: 0001, after nothing. Never edited once released.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
SHARED = sa.text("organization_id IS NULL")
NO_DEVICE = sa.text("device_id IS NULL")


def text(name: str, length: int | None = None, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=null)


def flag(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=null)


def whole(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=null)


def time(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def json(name: str) -> sa.Column[Any]:
    return sa.Column(name, JSON, nullable=False)


def blob(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), nullable=null)


def uuid(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid(), nullable=null)


def key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def owner(table: str, column: str, of: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{of}.id"], name=f"fk_{table}_{column}_{of}", ondelete=ondelete
    )


def noun(table: str, *parts: sa.Column[Any] | sa.Constraint) -> None:
    """A table with what every noun has: a UUID and two times."""
    op.create_table(table, uuid("id"), time("created"), time("modified"), *parts, key(table, "id"))


def index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def upgrade() -> None:
    inventory()
    ways_in()
    work()
    audit()
    processes()


def inventory() -> None:
    noun(
        "organization",
        text("name", 80),
        text("slug", 80),
        flag("is_active"),
        flag("registration_enabled"),
        sa.Column("device_limit", sa.BigInteger(), nullable=True),
        json("context"),
        unique("organization", "name"),
        unique("organization", "slug"),
    )
    noun(
        "device_group",
        uuid("organization_id"),
        text("name", 60),
        text("description"),
        json("context"),
        json("meta_data"),
        owner("device_group", "organization_id", "organization", "CASCADE"),
        unique("device_group", "organization_id", "name"),
    )
    device()
    noun(
        "device_state",
        uuid("device_id"),
        text("status", 16),
        time("last_seen", null=True),
        time("last_attempt", null=True),
        text("failure_kind", 16),
        text("failure_sentence"),
        json("facts"),
        time("facts_at", null=True),
        owner("device_state", "device_id", "device", "CASCADE"),
        unique("device_state", "device_id"),
    )
    noun(
        "saved_view",
        text("screen", 32),
        text("name", 60),
        text("filter"),
        json("columns"),
        text("sort", 40),
        unique("saved_view", "screen", "name"),
    )


def device() -> None:
    noun(
        "device",
        uuid("organization_id"),
        uuid("group_id", null=True),
        text("name", 64),
        text("address", 255),
        text("mac_address", 17, null=True),
        text("key", 64),
        text("hardware_id", 32, null=True),
        text("model", 64),
        text("os", 128),
        text("system", 128),
        text("last_ip", 45, null=True),
        text("management_ip", 45, null=True),
        json("tags"),
        text("zone", 64),
        text("notes"),
        flag("is_deactivated"),
        owner("device", "organization_id", "organization", "RESTRICT"),
        owner("device", "group_id", "device_group", "SET NULL"),
        unique("device", "key"),
        unique("device", "organization_id", "mac_address"),
        unique("device", "organization_id", "hardware_id"),
    )
    for column in ("group_id", "last_ip", "management_ip"):
        index("device", column)
    op.create_index(
        "uq_device_organization_name_lower",
        "device",
        ["organization_id", sa.text("lower(name)")],
        unique=True,
    )


def ways_in() -> None:
    noun(
        "credentials",
        uuid("organization_id", null=True),
        text("name", 64),
        text("connector", 16),
        text("kind", 16),
        json("params"),
        blob("sealed", null=True),
        flag("auto_add"),
        owner("credentials", "organization_id", "organization", "CASCADE"),
        unique("credentials", "organization_id", "name"),
    )
    op.create_index(
        "uq_credentials_shared_name",
        "credentials",
        ["name"],
        unique=True,
        sqlite_where=SHARED,
        postgresql_where=SHARED,
    )
    noun(
        "device_connection",
        uuid("device_id"),
        uuid("credentials_id"),
        text("update_strategy", 64),
        flag("enabled"),
        json("params"),
        flag("is_working", null=True),
        text("failure_reason"),
        time("last_attempt", null=True),
        owner("device_connection", "device_id", "device", "CASCADE"),
        owner("device_connection", "credentials_id", "credentials", "CASCADE"),
        unique("device_connection", "device_id", "credentials_id"),
    )
    index("device_connection", "device_id")
    noun(
        "host_key",
        uuid("device_id", null=True),
        text("host", 255),
        text("algorithm", 64),
        text("public"),
        text("fingerprint", 64),
        text("state", 16),
        text("accepted_by", 120),
        owner("host_key", "device_id", "device", "CASCADE"),
        unique("host_key", "device_id", "host", "algorithm", "state"),
    )
    op.create_index(
        "uq_host_key_jump_host",
        "host_key",
        ["host", "algorithm", "state"],
        unique=True,
        sqlite_where=NO_DEVICE,
        postgresql_where=NO_DEVICE,
    )


def work() -> None:
    noun(
        "job",
        whole("number"),
        text("action", 40),
        text("title", 200),
        text("state", 16),
        flag("changes"),
        json("plan"),
        text("operator", 120),
        text("host", 120),
        text("face", 16),
        text("engine_id", 64),
        time("started", null=True),
        time("finished", null=True),
        whole("wave"),
        text("reason"),
        uuid("retry_of", null=True),
        unique("job", "number"),
    )
    index("job", "action")
    index("job", "state")
    noun(
        "job_result",
        uuid("job_id"),
        uuid("device_id"),
        text("device_name", 64),
        whole("position"),
        whole("wave"),
        text("state", 16),
        text("step", 120),
        flag("changed", null=True),
        text("diff"),
        text("output"),
        whole("exit_status", null=True),
        text("error_kind", 16),
        text("error_sentence"),
        text("error_hint"),
        time("started", null=True),
        time("finished", null=True),
        owner("job_result", "job_id", "job", "CASCADE"),
        unique("job_result", "job_id", "device_id"),
    )
    op.create_index("ix_job_result_device", "job_result", ["device_id"])
    noun(
        "job_secret",
        uuid("job_id", null=True),
        blob("sealed"),
        owner("job_secret", "job_id", "job", "CASCADE"),
    )


def audit() -> None:
    op.create_table(
        "audit_entry",
        whole("id"),
        time("at"),
        text("operator", 120),
        text("host", 120),
        text("face", 16),
        text("action", 40),
        text("outcome", 16),
        uuid("device_id", null=True),
        text("device_name", 64),
        uuid("job_id", null=True),
        json("detail"),
        key("audit_entry", "id"),
    )
    for column in ("at", "device_id", "job_id"):
        index("audit_entry", column)


def processes() -> None:
    op.create_table(
        "revision",
        text("topic", 32),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        key("revision", "topic"),
    )
    op.create_table(
        "engine_beat",
        text("engine_id", 64),
        text("zone", 64),
        text("host", 120),
        whole("pid"),
        text("operator", 120),
        time("started"),
        time("beat"),
        key("engine_beat", "engine_id"),
    )
    op.create_table(
        "sealing",
        whole("id"),
        text("source", 16),
        text("key_id", 32),
        blob("salt"),
        json("kdf"),
        blob("check"),
        time("rotated"),
        key("sealing", "id"),
    )
