"""Where devices stand: what they run, what there is for them, and which image that is; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import UUID

from owtui.engine.firmware.boards import Boards
from owtui.engine.firmware.entries import BuildRow, CategoryRow, OverviewRow
from owtui.engine.firmware.library import Library
from owtui.engine.firmware.matching import FIRST_COMPAT, Known, concern, lack, match
from owtui.engine.firmware.releases import behind
from storage.firmware import Assigned
from storage.rows import DeviceRow

Compat = Callable[[UUID], str]
"""The compat version of a device."""


def known(row: DeviceRow, compat_version: str = FIRST_COMPAT) -> Known:
    """What counts of a device."""
    return Known(_fact(row, "board"), row.model, _fact(row, "target"), compat_version)


def overview(row: DeviceRow, library: Library, boards: Boards, compat: Compat) -> OverviewRow:
    """One device."""
    category, reason = category_of(row, library, boards)
    own = library.assigned.get(row.id)
    told = OverviewRow(
        *(row.id, row.name, row.model, _fact(row, "board"), row.os, _fact(row, "version")),
        category=category.name if category else "",
        installed=own.installed if own else None,
        reason=reason,
    )
    newest = library.newest(category.id) if category else None
    if category is None or newest is None:
        return replace(told, reason=reason or f"The category {told.category} has no build.")
    stands = behind(library.releases(category.id), row.os, told.release)
    found = match(known(row, compat(row.id)), library.candidates(newest.id), boards)
    return replace(
        told,
        build=library.builds[stands.running].version if stands.running else "",
        newest=newest.version,
        builds_behind=stands.builds,
        days_behind=stands.days,
        **{name: getattr(found, name) for name in ("image_id", "reason", "force", "clean")},
        image=found.type,
    )


def category_of(row: DeviceRow, library: Library, boards: Boards) -> tuple[CategoryRow | None, str]:
    """The category whose builds a device gets, or why that cannot be told.

    That of the image that it has, unless it is another organization's by now; else of the build
    whose `os` it reports; else the only one whose newest build has an image for it.
    """
    own = library.assigned.get(row.id)
    if own is not None and own.image_id in library.images:
        category = library.category_of(own.image_id)
        if category.organization_id in (None, row.organization_id):
            return category, ""
    visible = library.visible(row.organization_id)
    if not visible:
        return None, "There is no category of builds for its organization."
    running = _running(row, library)
    if running is not None:
        return library.categories[running.category_id], ""
    return _by_image(row, library, boards, visible)


def recognised(rows: Iterable[DeviceRow], library: Library, boards: Boards) -> list[Assigned]:
    """Which devices turn out to run an image of the library (operations.md §6.1).

    A device that is to have another image is left alone, and what an upgrade wrote stands until
    the device was read again after it.
    """
    found = []
    for row in rows:
        build = _running(row, library)
        own = library.assigned.get(row.id)
        if build is None or (own is not None and not _outdated(row, own)):
            continue
        image = match(known(row), library.candidates(build.id), boards)
        if image.image_id is not None and (own is None or own.image_id != image.image_id):
            found.append(Assigned(row.id, image.image_id, True, row.facts_at))
    return found


def refusal(row: DeviceRow, image_id: UUID, library: Library, boards: Boards) -> str:
    """Why a device cannot be given an image, "" where it can: OpenWISP's rules for DeviceFirmware.

    What `Match` says of force and clean is not among them.
    """
    image = library.images.get(image_id)
    if image is None:
        return "The image is not there any more."
    owner = library.category_of(image_id)
    if owner.organization_id not in (None, row.organization_id):
        return f"The image belongs to {owner.organization}, and the device to {row.organization}."
    if row.is_deactivated:
        return "It is deactivated."
    if not row.connections:
        return "It has no connection over which it could be upgraded."
    candidates = [one for one in library.candidates(image.build_id) if one.id == image_id]
    return match(known(row), candidates, boards).reason


def _outdated(row: DeviceRow, own: Assigned) -> bool:
    if not own.installed or own.installed_at is None or row.facts_at is None:
        return False
    return row.facts_at > own.installed_at


def _running(row: DeviceRow, library: Library) -> BuildRow | None:
    """The build whose `os` a device reports; its organization's before a shared one."""
    for category in library.visible(row.organization_id):
        build = library.reporting(category.id, row.os)
        if build is not None:
            return build
    return None


def _by_image(
    row: DeviceRow, library: Library, boards: Boards, visible: list[CategoryRow]
) -> tuple[CategoryRow | None, str]:
    device = known(row)
    if not (device.board or device.model):
        return None, match(device, [], boards).reason
    found = []
    for category in visible:
        newest = library.newest(category.id)
        images = library.candidates(newest.id) if newest else ()
        if concern(device, images, boards):
            found.append(category)
    if len(found) == 1:
        return found[0], ""
    if found:
        return None, f"Several categories have an image for it: {_names(found)}."
    return None, f"{lack(device)}, in {_names(visible)}."


def _names(categories: Iterable[CategoryRow]) -> str:
    return ", ".join(one.name for one in categories)


def _fact(row: DeviceRow, name: str) -> str:
    return str((row.facts or {}).get(name) or "")
