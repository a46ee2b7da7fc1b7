"""Firmware as rows on both databases: what is unique, what goes with what, and who has which."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session

from storage import devices, firmware, revisions, service
from storage.db import Database
from storage.errors import MissingError, RuleError
from storage.firmware import Assigned
from storage.tables import FirmwareBuild, FirmwareCategory, FirmwareImage

AT = datetime(2026, 11, 27, 7, 0, tzinfo=UTC)


def image(build: UUID, name: str) -> FirmwareImage:
    """A row with this name as type and file."""
    return FirmwareImage(build_id=build, file_name=name, type=name, sha256="a" * 64, size=1)


def stocked(session: Session) -> tuple[UUID, UUID, UUID, UUID]:
    """A category with a build and an image, and a device; their ids."""
    category = firmware.save_category(session, FirmwareCategory(name=" APs "))
    build = firmware.save_build(
        session, FirmwareBuild(category_id=category.id, version="1", os="A")
    )
    made = firmware.save_image(session, image(build.id, "x.bin"))
    return category.id, build.id, made.id, devices.create(session, "ap-1").id


def test_rules_hold_and_everything_goes_with_its_category(database: Database) -> None:
    category, build, made, device = database.write(stocked)
    for row, said in (
        (FirmwareCategory(name="aps"), "Name and Organization"),
        (FirmwareCategory(name=" "), "needs a name"),
        (FirmwareCategory(name="x" * 65), "longer than 64"),
    ):
        with pytest.raises(RuleError, match=said):
            database.write(lambda s, row=row: firmware.save_category(s, row))
    for one, said in (
        (FirmwareBuild(category_id=category, version="1"), "Category and Version"),
        (FirmwareBuild(category_id=category, version="2", os="A"), "OS identifier"),
        (FirmwareBuild(category_id=category, version="2", os="x" * 65), "longer than 64"),
    ):
        with pytest.raises(RuleError, match=said):
            database.write(lambda s, one=one: firmware.save_build(s, one))
    with pytest.raises(RuleError, match="Build and Type"):
        database.write(lambda s: firmware.save_image(s, image(build, "x.bin")))
    with pytest.raises(MissingError, match="no such build"):
        database.write(lambda s: firmware.save_image(s, image(uuid4(), "y.bin")))
    database.write(lambda s: firmware.assign(s, [Assigned(device, made, True, AT)]))
    database.write(lambda s: firmware.remove(s, firmware.category(s, category)))
    assert database.read(firmware.images) == []
    assert database.read(firmware.assigned) == {}


def test_a_device_has_one_image_and_keeps_its_checksum(database: Database) -> None:
    _, build, made, device = database.write(stocked)
    other = database.write(lambda s: firmware.save_image(s, image(build, "y.bin"))).id
    before = database.revisions().get(revisions.FIRMWARE, 0)
    upgraded = Assigned(device, made, True, AT, "c" * 64)
    database.write(lambda s: firmware.assign(s, [upgraded]))
    assert database.read(firmware.assigned) == {device: upgraded}
    assert database.revisions()[revisions.FIRMWARE] == before + 1
    database.write(lambda s: firmware.assign(s, [Assigned(device, other, False)]))
    found = database.read(lambda s: firmware.assigned(s, [device, uuid4()]))
    assert found == {device: Assigned(device, other, False, None, "c" * 64)}
    database.write(lambda s: service.remove(s, device, force=True))
    assert database.read(firmware.assigned) == {}
