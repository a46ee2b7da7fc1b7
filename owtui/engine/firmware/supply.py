"""From the library to the image of each device of an upgrade, and what is noted after a flash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from owtui.engine.firmware import library, naming
from owtui.engine.firmware.aim import Aim
from owtui.engine.firmware.boards import Boards
from owtui.engine.firmware.compats import compats_within
from owtui.engine.firmware.entries import BuildRow, ImageRow
from owtui.engine.firmware.matching import FIRST_COMPAT, Match, match
from owtui.engine.firmware.standing import known
from owtui.engine.firmware.store import FirmwareStore
from owtui.engine.firmware.way import EITHER, HTTP, SSH
from owtui.errors import InputError
from storage import credentials, firmware
from storage.firmware import Assigned
from storage.rows import DeviceRow
from storage.secrets import Vault
from storage.tables import FirmwareImage


@dataclass(frozen=True, slots=True)
class Supply:
    """What a build has for one device: an image, or `match.reason` why it has none.

    assigned: what is known to be on the device; key: it has a login that SSH alone takes
    """

    build: BuildRow
    match: Match
    image: ImageRow | None = None
    assigned: Assigned | None = None
    key: bool = False

    @property
    def version(self) -> str:
        """The release of the image, the build's where the image does not tell it."""
        return (self.image.release if self.image else "") or self.build.version

    def runs_on(self, row: DeviceRow) -> bool:
        """Whether a device reports the very release of the image."""
        if self.build.os and row.os:
            return self.build.os == row.os
        facts, image = row.facts or {}, self.image
        if image is None or not image.release or not image.revision:
            return False
        return (facts.get("version"), facts.get("revision")) == (image.release, image.revision)

    def is_noted(self, row: DeviceRow) -> bool:
        """Whether we wrote down that it was flashed, and what the device says does not differ."""
        has, runs = self.assigned, str((row.facts or {}).get("version") or "")
        noted = has is not None and has.installed and self.image is not None
        return noted and has is not None and self._is(has) and runs in ("", self.version)

    def _is(self, has: Assigned) -> bool:
        return self.image is not None and has.image_id == self.image.id


def supplies(
    session: Session, vault: Vault, rows: Sequence[DeviceRow], wanted: str, boards: Boards
) -> Mapping[UUID, Supply]:
    """The image of a build for each device. Raises InputError where there is no such build."""
    held = library.load(session)
    build = naming.build(held, wanted)
    owner = held.categories[build.category_id].organization_id
    candidates = held.candidates(build.id)
    plain = all(one.compat_version in ("", FIRST_COMPAT) for one in candidates)
    compats = {} if plain else compats_within(session, vault, [row.id for row in rows])
    found = {}
    keys = credentials.with_keys(session, [row.id for row in rows if by_http(row)])
    for row in rows:
        fits = match(known(row, compats.get(row.id, FIRST_COMPAT)), candidates, boards)
        if row.id not in compats:
            # Nobody has read it: the device itself judges, by `sysupgrade --test`.
            fits = replace(fits, force="", clean="")
        if owner is not None and owner != row.organization_id:
            fits = Match(reason="The build belongs to another organization.")
        image = held.images.get(fits.image_id) if fits.image_id else None
        found[row.id] = Supply(build, fits, image, held.assigned.get(row.id), row.id in keys)
    return found


def by_http(row: DeviceRow) -> bool:
    """Whether a device was read over HTTP last."""
    return (row.facts or {}).get("via") == HTTP


def over(session: Session, row: DeviceRow) -> str:
    """By which way a device may be upgraded; see way.opened."""
    if by_http(row) and not credentials.with_keys(session, [row.id]):
        return EITHER
    return SSH


def aim_of(session: Session, store: FirmwareStore, image_id: UUID, by: str) -> Aim:
    """An image as the flow needs it. `by`: what it was chosen by. Raises InputError."""
    image = session.get(FirmwareImage, image_id)
    if image is None:
        raise InputError("The image was removed since.", "Plan again.")
    told = image.meta_data.get("version")
    release = told if isinstance(told, dict) else {}
    return Aim(
        image_id=str(image.id),
        path=store.path(image.build_id, image.file_name),
        name=image.file_name,
        sha256=image.sha256,
        size=image.size,
        # One found by the board map does not name the board: the device judges the image itself.
        boards=tuple(image.boards) if by == "board" else (),
        version=str(release.get("version", "")),
        revision=str(release.get("revision", "")),
    )


def pin(aim: Aim) -> list[str]:
    """What a job keeps of its image, by which `pinned_aim` finds the same again."""
    return [aim.image_id, "board" if aim.boards else "", aim.version, aim.revision, aim.sha256]


def pinned_aim(session: Session, store: FirmwareStore, pinned: Sequence[str]) -> Aim:
    """The image that a job began with. It may have been removed from the library since.

    Then there is no file to be sent any more, but what was flashed already can still be verified.
    """
    image_id, by, *told = pinned
    if not told or session.get(FirmwareImage, UUID(image_id)) is not None:
        return aim_of(session, store, UUID(image_id), by)
    version, revision, sha256 = told
    nowhere = store.folder / "removed" / sha256
    return Aim(image_id, nowhere, sha256, sha256, 0, (), version, revision)


def note_wanted(session: Session, device_id: UUID, image_id: UUID) -> None:
    """Write down that a device is to have an image, unless it has it."""
    before = firmware.assigned(session, [device_id]).get(device_id)
    if before is None or before.image_id != image_id:
        firmware.assign(session, [Assigned(device_id, image_id, False)])


def note_installed(session: Session, device_id: UUID, aim: Aim, at: datetime) -> None:
    """Write down that an image was flashed, unless it was removed from the library meanwhile."""
    if session.get(FirmwareImage, UUID(aim.image_id)) is None:
        return
    wanted = Assigned(device_id, UUID(aim.image_id), True, at, aim.sha256)
    firmware.assign(session, [wanted])
