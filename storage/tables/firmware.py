"""Firmware: categories of builds, builds with their images, and what devices have of them.

Names, lengths and rules are OpenWISP's (operations.md §6.1). An upgrade is a job and its results:
it has no table here.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlmodel import Field

from storage.tables.base import JsonColumn, Row, UtcDateTime


class FirmwareCategory(Row, table=True):
    """Builds that replace one another. `organization_id` NULL is shared by all."""

    __tablename__ = "firmware_category"
    __table_args__ = (
        UniqueConstraint("organization_id", "name"),
        Index(
            "uq_firmware_category_shared_name",
            "name",
            unique=True,
            sqlite_where=text("organization_id IS NULL"),
            postgresql_where=text("organization_id IS NULL"),
        ),
    )

    organization_id: UUID | None = Field(
        default=None, foreign_key="organization.id", ondelete="CASCADE"
    )
    name: str = Field(max_length=64)
    description: str = ""


class FirmwareBuild(Row, table=True):
    """A version of a category, with an image for each kind of device.

    `os` is what devices with it report ("OpenWrt 24.10.6 r29141-81be8a8869"); "" is unknown.
    `supersedes_id`: the build before it, where its version does not say so. `released`: when it
    was; NULL counts as `created`.
    """

    __tablename__ = "firmware_build"
    __table_args__ = (UniqueConstraint("category_id", "version"),)

    category_id: UUID = Field(foreign_key="firmware_category.id", ondelete="CASCADE")
    version: str = Field(max_length=32)
    os: str = Field(default="", max_length=64, index=True)
    changelog: str = ""
    supersedes_id: UUID | None = Field(
        default=None, foreign_key="firmware_build.id", ondelete="SET NULL", index=True
    )
    released: datetime | None = Field(default=None, sa_type=UtcDateTime)


class FirmwareImage(Row, table=True):
    """A file of a build; the file itself is in engine.firmware.store.

    `boards`: board names and models that it is for. `meta_data`: its own, {} without any.
    `signature`: ok, missing, wrong or unchecked, `signature_words` why. `forced`: why somebody
    took it although something was wrong with it, "" for a sound one.
    """

    __tablename__ = "firmware_image"
    __table_args__ = (UniqueConstraint("build_id", "type"),)

    build_id: UUID = Field(foreign_key="firmware_build.id", ondelete="CASCADE")
    file_name: str = Field(max_length=255)
    type: str = Field(max_length=128)
    sha256: str = Field(max_length=64)
    size: int
    form: str = Field(default="", max_length=32)
    boards: list[str] = Field(default_factory=list, sa_column=Column(JsonColumn, nullable=False))
    target: str = Field(default="", max_length=64)
    compat_version: str = Field(default="1.0", max_length=32)
    compat_message: str = ""
    meta_data: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JsonColumn, nullable=False)
    )
    signature: str = Field(default="unchecked", max_length=16)
    signature_words: str = ""
    forced: str = ""


class DeviceFirmware(Row, table=True):
    """The image of a device. `installed`: it runs it, as far as we know; False: it is to have it.

    `checksum`: the SHA-256 that was last written to /etc/openwisp/firmware_checksum, "" for none.
    """

    __tablename__ = "device_firmware"

    device_id: UUID = Field(foreign_key="device.id", ondelete="CASCADE", unique=True)
    image_id: UUID = Field(foreign_key="firmware_image.id", ondelete="CASCADE", index=True)
    installed: bool = False
    installed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    checksum: str = Field(default="", max_length=64)
