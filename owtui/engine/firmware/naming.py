"""Finding categories, builds and images by what people call them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from owtui.engine.firmware.entries import BuildRow, CategoryRow, ImageRow
from owtui.engine.firmware.library import Library
from owtui.errors import InputError

_Row = TypeVar("_Row", CategoryRow, BuildRow, ImageRow)


def category(library: Library, name: str) -> CategoryRow:
    """By NAME, ORGANIZATION/NAME or id. Raises InputError for none or several."""
    found = [one for one in library.categories.values() if _called(name, _categories(one))]
    return _one(found, name, "category", "categories")


def build(library: Library, name: str) -> BuildRow:
    """By CATEGORY/VERSION, ORGANIZATION/CATEGORY/VERSION, VERSION or id. Raises InputError."""
    found = [one for one in library.builds.values() if _called(name, _builds(one))]
    return _one(found, name, "build", "builds")


def image(library: Library, name: str) -> ImageRow:
    """By the name of its file or its type, each with BUILD/ before it; by SHA-256 or id.

    Raises InputError for none or several.
    """
    found = [
        one
        for one in library.images.values()
        if _called(name, _images(one, library.builds[one.build_id]))
    ]
    return _one(found, name, "image", "images")


def _categories(one: CategoryRow) -> list[str]:
    return [str(one.id), one.name, f"{one.organization}/{one.name}"]


def _builds(one: BuildRow) -> list[str]:
    return [str(one.id), one.version, one.label, f"{one.organization}/{one.label}"]


def _images(one: ImageRow, build: BuildRow) -> list[str]:
    own = [one.file_name, one.type]
    return [str(one.id), one.sha256, *own, *(f"{b}/{o}" for b in _builds(build) for o in own)]


def _called(name: str, names: Iterable[str]) -> bool:
    return name.strip().casefold() in {one.casefold() for one in names}


def _one(found: Sequence[_Row], name: str, what: str, verb: str) -> _Row:
    if len(found) == 1:
        return found[0]
    hint = f"`owtui firmware {verb}` lists them"
    if not found:
        raise InputError(f"There is no {what} called “{name}”.", f"{hint}.")
    raise InputError(f"Several {verb} are called “{name}”.", f"{hint}; --json with their ids.")
