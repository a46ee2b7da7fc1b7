"""Rows as revision 0007 had them: two builds, an image and the device that has it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlmodel import Session

from storage.tables import DeviceFirmware, FirmwareBuild, FirmwareCategory, FirmwareImage, Row
from tests.storage.at_0001 import TYPES
from tests.storage.at_0003 import ROWS as OWNERS

AT = datetime(2026, 11, 27, 6, 50, tzinfo=UTC)
ORGANIZATION, DEVICE, CATEGORY = UUID(int=71), UUID(int=72), UUID(int=73)
OLDER, NEWER, IMAGE = UUID(int=74), UUID(int=75), UUID(int=76)

ROWS: list[tuple[str, dict[str, object]]] = [
    (
        "organization",
        {**OWNERS["organization"], "id": ORGANIZATION, "name": "Quay", "slug": "quay"},
    ),
    (
        "device",
        {
            **OWNERS["device"],
            **{"id": DEVICE, "organization_id": ORGANIZATION, "name": "AP-7", "key": "7" * 32},
        },
    ),
    (
        "firmware_category",
        {"id": CATEGORY, "organization_id": ORGANIZATION, "name": "quay", "description": ""},
    ),
    (
        "firmware_build",
        {
            **{"id": OLDER, "category_id": CATEGORY, "version": "24.10.6", "os": "OpenWrt 24.10.6"},
            **{"changelog": "", "supersedes_id": None, "released": AT},
        },
    ),
    (
        "firmware_build",
        {
            **{"id": NEWER, "category_id": CATEGORY, "version": "24.10.8", "os": ""},
            **{"changelog": "fixes", "supersedes_id": OLDER},
        },
    ),
    (
        "firmware_image",
        {
            **{"id": IMAGE, "build_id": OLDER, "file_name": "openwrt-x.bin", "type": "x.bin"},
            **{"sha256": "a" * 64, "size": 7_000_000, "form": "squashfs", "target": "x/y"},
            **{"boards": ["a,b"], "compat_version": "1.1", "compat_message": "moved"},
            **{"meta_data": {"version": {"dist": "OpenWrt"}}, "signature": "wrong"},
            **{"signature_words": "Another key signed it.", "forced": "a test"},
        },
    ),
    (
        "device_firmware",
        {
            **{"id": UUID(int=77), "device_id": DEVICE, "image_id": IMAGE, "installed": True},
            **{"installed_at": AT, "checksum": "a" * 64},
        },
    ),
]

KEPT: dict[type[Row], tuple[str, ...]] = {
    FirmwareCategory: ("organization_id", "name"),
    FirmwareBuild: ("version", "os", "supersedes_id"),
    FirmwareImage: ("boards", "size", "meta_data", "signature", "forced"),
    DeviceFirmware: ("device_id", "image_id", "installed", "installed_at", "checksum"),
}


def insert(connection: Connection) -> None:
    """By the statements of that time."""
    for table, row in ROWS:
        values = {**row, "created": AT, "modified": AT}
        columns = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join(f":{name}" for name in values)
        typed = [
            bindparam(name, type_=TYPES[type(value)]())
            for name, value in values.items()
            if type(value) in TYPES
        ]
        statement = text(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})')
        connection.execute(statement.bindparams(*typed), values)


def check(session: Session) -> None:
    """Every row is there with what it said."""
    for row_class, names in KEPT.items():
        for table, row in ROWS:
            if table == row_class.__tablename__:
                found: Row = session.get_one(row_class, row["id"])
                assert {name: getattr(found, name) for name in names} == {
                    name: row[name] for name in names
                }
