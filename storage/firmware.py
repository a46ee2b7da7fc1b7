"""Firmware as rows: categories, builds, images, and which device has which, under OpenWISP's rules
(operations.md §6.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, SQLModel

from storage import revisions
from storage.core import (
    DEVICE_FIRMWARE,
    FIRMWARE_BUILD,
    FIRMWARE_CATEGORY,
    FIRMWARE_IMAGE,
    among,
    insert_into,
    length,
)
from storage.errors import MissingError, RuleError
from storage.rules import storable, text
from storage.tables import DeviceFirmware, FirmwareBuild, FirmwareCategory, FirmwareImage, now

_Row = TypeVar("_Row", bound=SQLModel)


@dataclass(frozen=True, slots=True)
class Assigned:
    """Which image a device has, or is to have (`installed` False)."""

    device_id: UUID
    image_id: UUID
    installed: bool
    installed_at: datetime | None = None
    checksum: str = ""


def categories(session: Session) -> list[FirmwareCategory]:
    """All, by name."""
    query = select(FirmwareCategory).order_by(func.lower(FIRMWARE_CATEGORY.c.name))
    return list(session.scalars(query))


def builds(session: Session) -> list[FirmwareBuild]:
    """All of them; `engine.firmware.releases` puts those of a category in their order."""
    return list(session.scalars(select(FirmwareBuild).order_by(FIRMWARE_BUILD.c.created)))


def images(session: Session) -> list[FirmwareImage]:
    """All, by type."""
    return list(session.scalars(select(FirmwareImage).order_by(FIRMWARE_IMAGE.c.type)))


def category(session: Session, category_id: UUID) -> FirmwareCategory:
    """One, locked for whoever writes it. Raises MissingError."""
    return _one(session, FirmwareCategory, category_id, "category")


def build(session: Session, build_id: UUID) -> FirmwareBuild:
    """One, locked for whoever writes it. Raises MissingError."""
    return _one(session, FirmwareBuild, build_id, "build")


def image(session: Session, image_id: UUID) -> FirmwareImage:
    """One, locked for whoever writes it. Raises MissingError."""
    return _one(session, FirmwareImage, image_id, "image")


def save_category(session: Session, row: FirmwareCategory) -> FirmwareCategory:
    """Keep a new or changed category. Raises RuleError: the name is unique in its organization."""
    row.name = _word(row.name, length(FIRMWARE_CATEGORY.c.name), "name", "A category")
    row.description = storable(row.description.strip())
    c = FIRMWARE_CATEGORY.c
    query = select(c.name).where(c.organization_id.is_not_distinct_from(row.organization_id))
    # Compared here: SQLite's lower() knows no letters beyond ASCII.
    others = session.scalars(query.where(c.id != row.id))
    if row.name.casefold() in {one.casefold() for one in others}:
        raise RuleError("Category with this Name and Organization already exists.", field="name")
    _check_systems(session, row)
    return _kept(session, row)


def save_build(session: Session, row: FirmwareBuild) -> FirmwareBuild:
    """Keep a new or changed build. Raises RuleError: the version is unique in its category, what
    devices report (`os`) in its organization."""
    row.version = _word(row.version, length(FIRMWARE_BUILD.c.version), "version", "A build")
    row.os = storable(text(row.os, length(FIRMWARE_BUILD.c.os), "os"))
    row.changelog = storable(row.changelog.strip())
    owner = category(session, row.category_id)  # locked: two of one os cannot come at once
    b = FIRMWARE_BUILD.c
    same = select(b.id).where(b.category_id == row.category_id, b.version == row.version)
    if session.scalar(same.where(b.id != row.id)) is not None:
        raise RuleError("Build with this Category and Version already exists.", field="version")
    if row.os and _same_os(session, owner.organization_id, [row.os], [row.id]):
        raise RuleError(
            "A build with this OS identifier and organization already exists.", field="os"
        )
    if row.supersedes_id is not None:
        before = build(session, row.supersedes_id)
        if before.category_id != row.category_id or before.id == row.id:
            raise RuleError("A build supersedes another one of its category.", field="supersedes")
    return _kept(session, row)


def os_is_taken(session: Session, row: FirmwareBuild, os: str) -> bool:
    """Whether a build cannot have this `os`: another one of its organization has, or it is long."""
    owner = category(session, row.category_id).organization_id
    return len(os) > length(FIRMWARE_BUILD.c.os) or _same_os(session, owner, [os], [row.id])


def save_image(session: Session, row: FirmwareImage) -> FirmwareImage:
    """Keep a new or changed image. Raises RuleError: one of each type in a build."""
    row.type = _word(row.type, length(FIRMWARE_IMAGE.c.type), "type", "An image")
    build(session, row.build_id)
    i = FIRMWARE_IMAGE.c
    others = select(i.type, i.file_name).where(i.build_id == row.build_id, i.id != row.id)
    for type_, file_name in session.execute(others):
        if type_ == row.type:
            raise RuleError("Firmware Image with this Build and Type already exists.", field="type")
        if file_name == row.file_name:
            raise RuleError(f"The build already has a file {file_name}.", field="file_name")
    return _kept(session, row)


def has_file(session: Session, build_id: UUID, file_name: str) -> bool:
    """Whether an image of a build has this file; until the end of the transaction none gets it."""
    session.get(FirmwareBuild, build_id, with_for_update=True)
    i = FIRMWARE_IMAGE.c
    query = select(i.id).where(i.build_id == build_id, i.file_name == file_name)
    return session.scalar(query) is not None


def builds_within(
    session: Session, *, category_id: UUID | None = None, organization_id: UUID | None = None
) -> list[UUID]:
    """The builds that go with a category, or with an organization."""
    b, c = FIRMWARE_BUILD.c, FIRMWARE_CATEGORY.c
    query = select(b.id).join(FIRMWARE_CATEGORY, b.category_id == c.id)
    if category_id is not None:
        return list(session.scalars(query.where(c.id == category_id)))
    return list(session.scalars(query.where(c.organization_id == organization_id)))


def remove(session: Session, row: FirmwareCategory | FirmwareBuild | FirmwareImage) -> None:
    """Remove one with all that hangs on it; the files are the caller's."""
    session.delete(row)
    session.flush()
    revisions.touch(session, revisions.FIRMWARE)


def assigned(session: Session, ids: Collection[UUID] | None = None) -> dict[UUID, Assigned]:
    """Which image devices have; of all devices, or of these."""
    c = DEVICE_FIRMWARE.c
    query = select(c.device_id, c.image_id, c.installed, c.installed_at, c.checksum)
    if ids is not None:
        query = query.where(among(session, c.device_id, ids))
    return {row.device_id: Assigned(*row) for row in session.execute(query)}


def assign(session: Session, wanted: Iterable[Assigned]) -> None:
    """Say which image devices have, or are to have: one row a device.

    Without a checksum the one that is known stays.
    """
    at = now()
    for one in wanted:
        told = {"image_id": one.image_id, "installed": one.installed, "modified": at}
        told["installed_at"] = one.installed_at
        if one.checksum:
            told["checksum"] = one.checksum
        first = DeviceFirmware(device_id=one.device_id, image_id=one.image_id)
        values = {**first.model_dump(), **told}
        statement = insert_into(session, DEVICE_FIRMWARE).values(values)
        session.execute(statement.on_conflict_do_update(index_elements=["device_id"], set_=told))
        revisions.touch(session, revisions.FIRMWARE)


def _one(session: Session, kind: type[_Row], id_: UUID, what: str) -> _Row:
    found = session.get(kind, id_, with_for_update=True)
    if found is None:
        raise MissingError(f"There is no such {what}.", "`owtui firmware` lists what there is.")
    return found


def _kept(session: Session, row: _Row) -> _Row:
    session.add(row)
    session.flush()
    revisions.touch(session, revisions.FIRMWARE)
    return row


def _word(value: str, most: int, field: str, what: str) -> str:
    clean: str = storable(text(value, most, field))
    if not clean:
        raise RuleError(f"{what} needs a {field}.", field=field)
    return clean


def _check_systems(session: Session, row: FirmwareCategory) -> None:
    """A category that moves to another organization brings its builds, each with its os."""
    b = FIRMWARE_BUILD.c
    own = dict(session.execute(select(b.id, b.os).where(b.category_id == row.id)).all())
    systems = [one for one in own.values() if one]
    if systems and _same_os(session, row.organization_id, systems, list(own)):
        raise RuleError(
            "A build with this OS identifier and organization already exists.", field="os"
        )


def _same_os(
    session: Session, owner: UUID | None, systems: Collection[str], but: Collection[UUID]
) -> bool:
    b, c = FIRMWARE_BUILD.c, FIRMWARE_CATEGORY.c
    query = (
        select(b.id)
        .join(FIRMWARE_CATEGORY, b.category_id == c.id)
        .where(c.organization_id.is_not_distinct_from(owner), b.os.in_(systems))
        .where(b.id.not_in(but))
    )
    return session.scalars(query).first() is not None
