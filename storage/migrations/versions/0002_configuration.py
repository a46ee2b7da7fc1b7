"""Templates, configurations, variables; the guard's times of groups; secrets to register with.

Revision: 0002, after 0001. The plain contexts of organizations and groups go: nothing could write
them, and variables are sealed from now on.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
SHARED = sa.text("organization_id IS NULL")
GLOBAL = sa.text("scope = 'global'")


def text(name: str, length: int | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=False)


def flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=False)


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


def owner(table: str, column: str, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{of}.id"], name=f"fk_{table}_{column}_{of}", ondelete="CASCADE"
    )


def noun(table: str, *parts: sa.Column[Any] | sa.Constraint) -> None:
    """A table with what every noun has: a UUID and two times."""
    op.create_table(table, uuid("id"), time("created"), time("modified"), *parts, key(table, "id"))


def place(table: str, column: str, of: str) -> None:
    """A table that puts templates in an order."""
    op.create_table(
        table,
        uuid(column),
        uuid("template_id"),
        whole("position"),
        owner(table, column, of),
        owner(table, "template_id", "template"),
        key(table, column, "template_id"),
    )
    op.create_index(f"ix_{table}_template_id", table, ["template_id"])


def upgrade() -> None:
    owners()
    templates()
    configs()
    place("config_template", "config_id", "config")
    place("group_template", "group_id", "device_group")
    records()
    variables()


def owners() -> None:
    op.drop_column("organization", "context")
    op.add_column("organization", sa.Column("secret_digest", sa.String(64), nullable=True))
    op.add_column("organization", blob("sealed", null=True))
    op.create_index("uq_organization_secret_digest", "organization", ["secret_digest"], unique=True)
    op.drop_column("device_group", "context")
    op.add_column("device_group", whole("guard_window_s", null=True))
    op.add_column("device_group", whole("guard_settle_s", null=True))


def templates() -> None:
    noun(
        "template",
        uuid("organization_id", null=True),
        text("name", 64),
        text("type", 16),
        text("backend", 64),
        json("tags"),
        flag("default"),
        flag("required"),
        text("notes"),
        whole("generation"),
        blob("sealed"),
        owner("template", "organization_id", "organization"),
        unique("template", "organization_id", "name"),
    )
    op.create_index(
        "uq_template_shared_name",
        "template",
        ["name"],
        unique=True,
        sqlite_where=SHARED,
        postgresql_where=SHARED,
    )
    noun(
        "template_generation",
        uuid("template_id"),
        uuid("organization_id", null=True),
        text("name", 64),
        whole("number"),
        text("operator", 120),
        text("host", 120),
        text("note"),
        blob("sealed"),
        owner("template_generation", "organization_id", "organization"),
        unique("template_generation", "template_id", "number"),
    )


def configs() -> None:
    noun(
        "config",
        uuid("device_id"),
        text("backend", 64),
        text("status", 16),
        text("error_reason", 1024),
        text("checksum", 32),
        text("applied_checksum", 32),
        flag("broken"),
        time("applied_at", null=True),
        flag("merge"),
        json("unmanaged"),
        flag("own"),
        whole("generation"),
        whole("changes"),
        whole("computed"),
        text("inputs", 64),
        blob("sealed", null=True),
        owner("config", "device_id", "device"),
        unique("config", "device_id"),
    )
    op.create_index("ix_config_status", "config", ["status"])


def records() -> None:
    noun(
        "config_archive",
        uuid("config_id"),
        text("checksum", 32),
        blob("sealed"),
        owner("config_archive", "config_id", "config"),
        unique("config_archive", "config_id"),
    )
    noun(
        "config_generation",
        uuid("device_id"),
        whole("number"),
        text("operator", 120),
        text("host", 120),
        uuid("job_id", null=True),
        text("kind", 16),
        text("note"),
        text("checksum", 32),
        blob("sealed"),
        owner("config_generation", "device_id", "device"),
        unique("config_generation", "device_id", "number"),
    )
    noun(
        "config_original",
        uuid("device_id"),
        text("path", 255),
        whole("mode"),
        blob("sealed", null=True),
        owner("config_original", "device_id", "device"),
        unique("config_original", "device_id", "path"),
    )


def variables() -> None:
    noun(
        "variables",
        text("scope", 16),
        uuid("organization_id", null=True),
        uuid("group_id", null=True),
        blob("sealed"),
        owner("variables", "organization_id", "organization"),
        owner("variables", "group_id", "device_group"),
        unique("variables", "organization_id"),
        unique("variables", "group_id"),
    )
    op.create_index(
        "uq_variables_global",
        "variables",
        ["scope"],
        unique=True,
        sqlite_where=GLOBAL,
        postgresql_where=GLOBAL,
    )
