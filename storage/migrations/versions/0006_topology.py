"""Topologies: their sources, nodes and links, and how these moved.

Revision: 0006, after 0005. Never edited once released.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def text(name: str, length: int | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=False)


def uuid(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid(), nullable=null)


def time(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def whole(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False)


def flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def json(name: str) -> sa.Column[Any]:
    return sa.Column(name, JSON, nullable=False)


def blob(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), nullable=null)


def owner(table: str, column: str, of: str, then: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{of}.id"], name=f"fk_{table}_{column}_{of}", ondelete=then
    )


def only(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def noun(table: str, *parts: sa.Column[Any] | sa.Constraint) -> None:
    """A table with what every noun has: a UUID and two times."""
    key = sa.PrimaryKeyConstraint("id", name=f"pk_{table}")
    op.create_table(table, uuid("id"), time("created"), time("modified"), *parts, key)


def upgrade() -> None:
    topology()
    graph()
    history()


def topology() -> None:
    noun(
        "topology",
        text("label", 64),
        text("format", 32),
        text("strategy", 16),
        text("url"),
        blob("sealed", null=True),
        text("filter"),
        json("options"),
        uuid("organization_id", null=True),
        whole("expiration_time"),
        whole("interval_s"),
        flag("published"),
        text("protocol", 64),
        text("version", 64),
        text("revision", 64),
        text("metric", 64),
        time("updated_at", null=True),
        time("failed_at", null=True),
        text("failure"),
        whole("recorded"),
        whole("weight"),
        owner("topology", "organization_id", "organization"),
        only("topology", "label"),
    )
    index("topology", "organization_id")


def graph() -> None:
    noun(
        "topology_node",
        uuid("topology_id"),
        uuid("device_id", null=True),
        text("label", 64),
        json("addresses"),
        json("properties"),
        json("user_properties"),
        owner("topology_node", "device_id", "device", then="SET NULL"),
        owner("topology_node", "topology_id", "topology"),
    )
    index("topology_node", "device_id")
    index("topology_node", "topology_id")
    noun(
        "topology_link",
        uuid("topology_id"),
        uuid("source_id"),
        uuid("target_id"),
        sa.Column("cost", sa.Float(), nullable=False),
        text("cost_text", 24),
        flag("is_up"),
        time("status_changed"),
        json("properties"),
        json("user_properties"),
        owner("topology_link", "source_id", "topology_node"),
        owner("topology_link", "target_id", "topology_node"),
        owner("topology_link", "topology_id", "topology"),
        only("topology_link", "source_id", "target_id"),
    )
    index("topology_link", "status_changed")
    index("topology_link", "target_id")
    index("topology_link", "topology_id")


def history() -> None:
    noun(
        "topology_batch",
        uuid("topology_id"),
        whole("number"),
        time("at"),
        flag("is_whole"),
        whole("size"),
        whole("ups"),
        whole("downs"),
        blob("packed"),
        owner("topology_batch", "topology_id", "topology"),
        only("topology_batch", "topology_id", "number", "is_whole"),
    )
    index("topology_batch", "topology_id", "at")
