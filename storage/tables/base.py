"""What every table shares: a UUID, two times, and columns that mean the same on both databases.

Times are stored as UTC and come back aware: SQLite forgets zones, one column type puts them back.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, DateTime, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

# Every constraint has a name, the same on both databases, so that a migration can speak of it.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

JsonColumn = JSON().with_variant(JSONB(), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime on SQLite and PostgreSQL alike; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored; use storage.tables.now()")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def now() -> datetime:
    """The present, in UTC; rows get it as a default, the engine injects its own clock."""
    return datetime.now(UTC)


class Row(SQLModel):
    """Base of the nouns: UUID4 key, created, modified."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    created: datetime = Field(default_factory=now, sa_type=UtcDateTime, nullable=False)
    modified: datetime = Field(
        default_factory=now,
        sa_type=UtcDateTime,
        nullable=False,
        sa_column_kwargs={"onupdate": now},
    )
