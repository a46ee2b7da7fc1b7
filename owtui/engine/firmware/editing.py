"""What people set of categories and builds, and what an image becomes as a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.firmware.entries import BuildDraft, ImageRow, Inspected
from owtui.engine.firmware.intake import os_of, words
from owtui.engine.firmware.store import FirmwareStore
from owtui.errors import InputError
from owtui.units import version_key
from storage import firmware, organizations
from storage.rules import storable
from storage.tables import FirmwareBuild, FirmwareCategory, FirmwareImage

_OF_CATEGORY = ("name", "description", "organization")
_OF_IMAGE = ("type", "boards")
_OF_BUILD = tuple(field.name for field in fields(BuildDraft))


def new_category(
    session: Session, name: str, description: str, organization: str
) -> FirmwareCategory:
    """Make a category. Raises StorageError."""
    wish = {"name": name, "description": description, "organization": organization}
    return _set_category(session, FirmwareCategory(name=""), wish)


def change_category(
    session: Session, category_id: UUID, wish: Mapping[str, str]
) -> FirmwareCategory:
    """Set what is named. Raises InputError, StorageError."""
    _known(wish, _OF_CATEGORY, "category")
    return _set_category(session, firmware.category(session, category_id), wish)


def new_build(session: Session, category_id: UUID, draft: BuildDraft) -> FirmwareBuild:
    """Make a build. Raises StorageError."""
    row = FirmwareBuild(category_id=category_id, version="")
    return _set_build(session, row, {name: getattr(draft, name) for name in _OF_BUILD})


def change_build(session: Session, build_id: UUID, wish: Mapping[str, Any]) -> FirmwareBuild:
    """Set what is named. Raises InputError, StorageError."""
    _known(wish, _OF_BUILD, "build")
    return _set_build(session, firmware.build(session, build_id), wish)


def learn_os(session: Session, build: FirmwareBuild, found: Inspected) -> None:
    """A build that does not say what its devices report learns it from an image, unless another
    build says the same, or the image is of another release and somebody forced it."""
    mine, theirs = version_key(found.release), version_key(build.version)
    if mine is not None and theirs is not None and mine != theirs:
        return
    os = os_of(found)
    if os and not build.os and not firmware.os_is_taken(session, build, os):
        build.os = os
        firmware.save_build(session, build)


def image_row(image_id: UUID, build_id: UUID, found: Inspected, force: str) -> FirmwareImage:
    """The row of an image; the reason to force it is kept where there was one."""
    return FirmwareImage(
        id=image_id,
        build_id=build_id,
        file_name=found.file_name,
        type=found.type,
        sha256=found.sha256,
        size=found.size,
        form=found.form,
        boards=list(found.boards),
        target=found.target,
        compat_version=found.compat_version,
        compat_message=found.compat_message,
        meta_data=dict(found.meta_data),
        signature=found.signature,
        signature_words=found.signature_words,
        forced=storable(force.strip()) if found.objections else "",
    )


def change_image(session: Session, image_id: UUID, wish: Mapping[str, Any]) -> FirmwareImage:
    """Set what is named: its type, and the boards or models that it is for. Raises InputError,
    StorageError."""
    _known(wish, _OF_IMAGE, "image")
    row = firmware.image(session, image_id)
    row.type = wish.get("type", row.type)
    row.boards = storable(list(words(wish.get("boards", row.boards))))
    return firmware.save_image(session, row)


def with_trouble(store: FirmwareStore, rows: Sequence[ImageRow]) -> list[ImageRow]:
    """The same, with what a look at their files tells; blocks."""
    return [
        replace(one, trouble=store.trouble(one.build_id, one.file_name, one.size)) for one in rows
    ]


def _set_category(
    session: Session, row: FirmwareCategory, wish: Mapping[str, str]
) -> FirmwareCategory:
    row.name = wish.get("name", row.name)
    row.description = wish.get("description", row.description)
    if "organization" in wish:
        name = wish["organization"]
        row.organization_id = organizations.find(session, name).id if name else None
    return firmware.save_category(session, row)


def _set_build(session: Session, row: FirmwareBuild, wish: Mapping[str, Any]) -> FirmwareBuild:
    for name in ("version", "os", "changelog", "released"):
        if name in wish:
            setattr(row, name, wish[name])
    if "supersedes" in wish:
        row.supersedes_id = _before(session, row, str(wish["supersedes"]).strip())
    return firmware.save_build(session, row)


def _before(session: Session, row: FirmwareBuild, version: str) -> UUID | None:
    if not version:
        return None
    for one in firmware.builds(session):
        if one.category_id == row.category_id and one.version == version:
            return one.id
    raise InputError(f"Its category has no build {version} to supersede.")


def _known(wish: Mapping[str, Any], names: Sequence[str], what: str) -> None:
    for name in wish.keys() - set(names):
        near = get_close_matches(name, names, 1)
        hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(names)}."
        raise InputError(f"A {what} has no {name} to set.", hint)
