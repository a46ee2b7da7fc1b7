"""Whom a build is for where nobody says so: OpenWISP's mass upgrade (operations.md §6.1); pure.

Related: devices that have an image of the build's category, other than this one. Firmwareless:
devices of which no image is known, and that are of a board of the build. Which image each gets is
the plan's (supply.py): by board, where OpenWISP takes that of the same type.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from owtui.engine.firmware.boards import Boards
from owtui.engine.firmware.entries import BuildRow
from owtui.engine.firmware.library import Library
from owtui.engine.firmware.matching import concern
from owtui.engine.firmware.standing import known
from storage.rows import DeviceRow

NAMES = 5  # of devices in a note


@dataclass(frozen=True, slots=True)
class Concerned:
    """Both kinds, in the order they were given; deactivated devices are in neither."""

    build: BuildRow
    related: tuple[DeviceRow, ...]
    firmwareless: tuple[DeviceRow, ...]

    def ids(self, *, firmwareless: bool) -> tuple[UUID, ...]:
        """Whom an upgrade is about."""
        chosen = self.related + (self.firmwareless if firmwareless else ())
        return tuple(row.id for row in chosen)

    def notes(self, *, firmwareless: bool) -> tuple[str, ...]:
        """What a plan says of how its devices were chosen."""
        count, more = len(self.related), len(self.firmwareless)
        devices = f"{count} device{'s' * (count != 1)}"
        has = "has" if count == 1 else "have"
        notes = [f"Related: {devices} that {has} another image of {self.build.category}."]
        if more:
            names = ", ".join(row.name for row in self.firmwareless[:NAMES])
            named = f"{names} and {more - NAMES} more" if more > NAMES else names
            said = "chosen by board" if firmwareless else "left out; --firmwareless takes them"
            notes.append(f"Without a known image, of its boards, {said}: {named}.")
        return tuple(notes)


def concerned(
    rows: Iterable[DeviceRow], held: Library, build: BuildRow, boards: Boards
) -> Concerned:
    """Choose from all devices."""
    owner = held.categories[build.category_id].organization_id
    images = held.candidates(build.id)
    related, firmwareless = [], []
    for row in rows:
        has = held.assigned.get(row.id)
        if row.is_deactivated or owner not in (None, row.organization_id):
            continue
        if has is None:
            if concern(known(row), images, boards):
                firmwareless.append(row)
        elif held.category_of(has.image_id).id == build.category_id:
            there = held.images[has.image_id].build_id == build.id and has.installed
            if not there:
                related.append(row)
    return Concerned(build, tuple(related), tuple(firmwareless))
