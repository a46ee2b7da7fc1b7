"""What devices run: the configuration that each had when it was read last."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column
from sqlmodel import Field

from storage.tables.base import JsonColumn, Row, UtcDateTime


class DeviceRunning(Row, table=True):
    """The configuration of one device, as it was read last; written by the engine only.

    `sums`: path → md5, as engine.openwrt.sums.Fingerprint has them; `mark` stands for all of them.
    `digests`: path of a package → digest of what it says, whatever its comments and spacing.
    `sealed`: the files themselves and what was read with them; NULL until they were.
    `expected` and `expected_digests`: the same two of what owtui applied last, {} for never;
    `further` are paths among them outside /etc/config, one a line: a fingerprint asks for them.
    `drift`: packages, and other paths, that are no longer as they are expected; `drift_mark` stands
    for the way they are now, `ignored` is the mark that somebody chose to leave.
    """

    __tablename__ = "device_running"

    device_id: UUID = Field(foreign_key="device.id", ondelete="CASCADE", unique=True)
    mark: str = Field(default="", max_length=32)
    sums: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JsonColumn, nullable=False))
    digests: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JsonColumn, nullable=False)
    )
    sealed: bytes | None = None
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    expected: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JsonColumn, nullable=False)
    )
    expected_digests: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JsonColumn, nullable=False)
    )
    further: str = ""
    drift: list[str] = Field(default_factory=list, sa_column=Column(JsonColumn, nullable=False))
    drift_mark: str = Field(default="", max_length=32)
    drift_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    drift_who: str = Field(default="", max_length=120)
    ignored: str = Field(default="", max_length=32)
