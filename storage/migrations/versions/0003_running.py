"""What devices run: fingerprints, sealed snapshots, what is expected of them and how they drift.

Revision: 0003.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def text(name: str, length: int | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=False)


def json(name: str) -> sa.Column[Any]:
    return sa.Column(name, JSON, nullable=False)


def time(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def upgrade() -> None:
    op.create_table(
        "device_running",
        sa.Column("id", sa.Uuid(), nullable=False),
        time("created"),
        time("modified"),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        text("mark", 32),
        json("sums"),
        json("digests"),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        time("read_at", null=True),
        json("expected"),
        json("expected_digests"),
        text("further"),
        json("drift"),
        text("drift_mark", 32),
        time("drift_since", null=True),
        text("drift_who", 120),
        text("ignored", 32),
        sa.PrimaryKeyConstraint("id", name="pk_device_running"),
        sa.UniqueConstraint("device_id", name="uq_device_running_device_id"),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
            name="fk_device_running_device_id_device",
            ondelete="CASCADE",
        ),
    )
