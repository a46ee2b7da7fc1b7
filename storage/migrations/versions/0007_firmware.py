"""Firmware: categories, builds, images, and what devices have of them.

Revision: 0007, after 0006. Never edited once released.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def text(name: str, length: int | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=False)


def uuid(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid(), nullable=null)


def time(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


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
    builds()
    images()


def builds() -> None:
    noun(
        "firmware_category",
        uuid("organization_id", null=True),
        text("name", 64),
        text("description"),
        owner("firmware_category", "organization_id", "organization"),
        only("firmware_category", "organization_id", "name"),
    )
    op.create_index(
        "uq_firmware_category_shared_name",
        "firmware_category",
        ["name"],
        unique=True,
        sqlite_where=sa.text("organization_id IS NULL"),
        postgresql_where=sa.text("organization_id IS NULL"),
    )
    noun(
        "firmware_build",
        uuid("category_id"),
        text("version", 32),
        text("os", 64),
        text("changelog"),
        uuid("supersedes_id", null=True),
        time("released", null=True),
        owner("firmware_build", "category_id", "firmware_category"),
        owner("firmware_build", "supersedes_id", "firmware_build", then="SET NULL"),
        only("firmware_build", "category_id", "version"),
    )
    index("firmware_build", "os")
    index("firmware_build", "supersedes_id")


def images() -> None:
    noun(
        "firmware_image",
        uuid("build_id"),
        text("file_name", 255),
        text("type", 128),
        text("sha256", 64),
        sa.Column("size", sa.Integer(), nullable=False),
        text("form", 32),
        sa.Column("boards", JSON, nullable=False),
        text("target", 64),
        text("compat_version", 32),
        text("compat_message"),
        sa.Column("meta_data", JSON, nullable=False),
        text("signature", 16),
        text("signature_words"),
        text("forced"),
        owner("firmware_image", "build_id", "firmware_build"),
        only("firmware_image", "build_id", "type"),
    )
    noun(
        "device_firmware",
        uuid("device_id"),
        uuid("image_id"),
        sa.Column("installed", sa.Boolean(), nullable=False),
        time("installed_at", null=True),
        text("checksum", 64),
        owner("device_firmware", "device_id", "device"),
        owner("device_firmware", "image_id", "firmware_image"),
        only("device_firmware", "device_id"),
    )
    index("device_firmware", "image_id")
