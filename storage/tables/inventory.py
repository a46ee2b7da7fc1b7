"""Organizations, groups, devices and what is known of their state.

Fields, lengths and defaults are OpenWISP's; `address`, `tags` and `zone` are owtui's.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint, func
from sqlmodel import Field

from storage.tables.base import JsonColumn, Row, UtcDateTime


class Organization(Row, table=True):
    """The owner of devices. `device_limit`: 0 is unlimited, NULL allows none (OpenWISP's rule).

    `sealed`: {"shared_secret": what devices register with}; NULL until it is first asked for.
    `secret_digest` is a keyed hash of it, so that it is unique and found without opening them all.
    """

    __tablename__ = "organization"
    __table_args__ = (Index("uq_organization_secret_digest", "secret_digest", unique=True),)

    name: str = Field(max_length=80, unique=True)
    slug: str = Field(max_length=80, unique=True)
    is_active: bool = True
    registration_enabled: bool = True
    # evaluates_none: else a None is taken for "not given" and becomes the default.
    device_limit: int | None = Field(default=0, sa_type=BigInteger().evaluates_none())
    secret_digest: str | None = Field(default=None, max_length=64)
    sealed: bytes | None = None


class DeviceGroup(Row, table=True):
    """Devices that share variables, templates and the guard's times (seconds; NULL: the usual).

    `upgrade_window`: when they may be flashed, weekly, as people write it; "" at any time.
    """

    __tablename__ = "device_group"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    organization_id: UUID = Field(foreign_key="organization.id", ondelete="CASCADE")
    name: str = Field(max_length=60)
    description: str = ""
    meta_data: dict[str, Any] = Field(default_factory=dict, sa_type=JsonColumn)
    guard_window_s: int | None = None
    guard_settle_s: int | None = None
    upgrade_window: str = Field(default="", max_length=120)


class Device(Row, table=True):
    """A router. `address` is the operator's and nothing clears it; the two IPs are learned.

    `mac_address` may be unknown until facts are read. `key` identifies the device to agents.
    """

    __tablename__ = "device"
    __table_args__ = (
        UniqueConstraint("organization_id", "mac_address"),
        UniqueConstraint("organization_id", "hardware_id"),
    )

    organization_id: UUID = Field(foreign_key="organization.id", ondelete="RESTRICT")
    group_id: UUID | None = Field(
        default=None, foreign_key="device_group.id", ondelete="SET NULL", index=True
    )
    name: str = Field(max_length=64)
    address: str = Field(default="", max_length=255)
    mac_address: str | None = Field(default=None, max_length=17)
    key: str = Field(max_length=64, unique=True)
    hardware_id: str | None = Field(default=None, max_length=32)
    model: str = Field(default="", max_length=64)
    os: str = Field(default="", max_length=128)
    system: str = Field(default="", max_length=128)
    last_ip: str | None = Field(default=None, max_length=45, index=True)
    management_ip: str | None = Field(default=None, max_length=45, index=True)
    tags: list[str] = Field(default_factory=list, sa_column=Column(JsonColumn, nullable=False))
    zone: str = Field(default="", max_length=64)
    notes: str = ""
    is_deactivated: bool = False


# "AP1" and "ap1" are one name within an organization (OpenWISP's DEVICE_NAME_UNIQUE).
Index(
    "uq_device_organization_name_lower",
    Device.organization_id,  # type: ignore[arg-type]  # SQLModel types columns as their values
    func.lower(Device.name),
    unique=True,
)


class DeviceState(Row, table=True):
    """What the engine last saw of a device; written by the engine only, one row a device.

    `status`: unknown, ok, problem, critical (OpenWISP's health words). `facts` is the JSON of
    engine.openwrt.facts.Facts; `failure_*` say why the last attempt failed.
    """

    __tablename__ = "device_state"

    device_id: UUID = Field(foreign_key="device.id", ondelete="CASCADE", unique=True)
    status: str = Field(default="unknown", max_length=16)
    last_seen: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_attempt: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failure_kind: str = Field(default="", max_length=16)
    failure_sentence: str = ""
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JsonColumn)
    facts_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SavedView(Row, table=True):
    """A filter with a name, for `/`, `:` and the command line alike."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("screen", "name"),)

    screen: str = Field(default="fleet", max_length=32)
    name: str = Field(max_length=60)
    filter: str = ""
    columns: list[str] = Field(default_factory=list, sa_column=Column(JsonColumn, nullable=False))
    sort: str = Field(default="", max_length=40)
