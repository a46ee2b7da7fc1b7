"""From the builds we keep to the image of each device, and what we write down after a flash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.firmware.aim import Aim
from owtui.engine.firmware.boards import Boards
from owtui.engine.firmware.matching import FIRST_COMPAT, Candidate, Known, Match, match
from owtui.engine.firmware.store import FirmwareStore
from owtui.errors import InputError
from storage import firmware
from storage.errors import MissingError
from storage.firmware import Assigned
from storage.rows import DeviceRow
from storage.tables import FirmwareBuild, FirmwareImage


@dataclass(frozen=True, slots=True)
class Supply:
    """What a build has for one device: an image, or `match.reason` why it has none.

    assigned: what is known to be on the device
    """

    build: str
    os: str
    match: Match
    image: FirmwareImage | None = None
    assigned: Assigned | None = None

    @property
    def version(self) -> str:
        """The release of the image, the build's where the image does not tell it."""
        told = _version(self.image).get("version") if self.image else ""
        return str(told or self.build.rpartition("/")[2])


def find_build(session: Session, wanted: str) -> tuple[FirmwareBuild, str]:
    """A build by "category/version", by its id or by a version that one category alone has.

    With it "category/version". Raises InputError that names what there is.
    """
    names = {one.id: one.name for one in firmware.categories(session)}
    builds = firmware.builds(session)
    text = wanted.strip()
    label = {one.id: f"{names[one.category_id]}/{one.version}" for one in builds}
    for said in ((lambda b: label[b.id]), (lambda b: str(b.id)), (lambda b: b.version)):
        found = [one for one in builds if said(one).lower() == text.lower()]
        if len(found) == 1:
            return found[0], label[found[0].id]
        if found:
            listed = ", ".join(sorted(label[one.id] for one in found))
            raise InputError(f"Several builds are “{text}”: {listed}.", "Name the category too.")
    listed = ", ".join(sorted(label.values())) or "none yet"
    raise InputError(f"There is no build “{text}”.", f"There are: {listed}.")


def supplies(
    session: Session, rows: Sequence[DeviceRow], wanted: str, boards: Boards
) -> Mapping[UUID, Supply]:
    """The image of a build for each device. Raises InputError where there is no such build."""
    build, label = find_build(session, wanted)
    organizations = {one.id: one.organization_id for one in firmware.categories(session)}
    owner = organizations[build.category_id]
    images = [one for one in firmware.images(session) if one.build_id == build.id]
    candidates = [_candidate(one) for one in images]
    by_id = {one.id: one for one in images}
    assigned = firmware.assigned(session, [row.id for row in rows])
    found = {}
    for row in rows:
        fits = match(_known(row, candidates), candidates, boards)
        if owner is not None and owner != row.organization_id:
            fits = Match(reason="The build belongs to another organization.")
        image = by_id.get(fits.image_id) if fits.image_id else None
        found[row.id] = Supply(label, build.os, fits, image, assigned.get(row.id))
    return found


def aim_of(session: Session, store: FirmwareStore, image_id: UUID, by: str) -> Aim:
    """An image as the flow needs it. `by`: what it was chosen by. Raises InputError."""
    try:
        image = firmware.image(session, image_id)
        build = firmware.build(session, image.build_id)
    except MissingError as error:
        raise InputError("The image was removed since.", "Plan again.") from error
    told = _version(image)
    return Aim(
        image_id=str(image.id),
        build=build.version,
        path=store.path(image.build_id, image.file_name),
        name=image.file_name,
        sha256=image.sha256,
        size=image.size,
        # One found by the board map does not name the board: the device judges the image itself.
        boards=tuple(image.boards) if by == "board" else (),
        version=str(told.get("version") or ""),
        revision=str(told.get("revision") or ""),
    )


def note_wanted(session: Session, device_id: UUID, image_id: UUID) -> None:
    """Write down that a device is to have an image, unless it has it."""
    before = firmware.assigned(session, [device_id]).get(device_id)
    if before is None or before.image_id != image_id:
        firmware.assign(session, [Assigned(device_id, image_id, False)])


def note_installed(session: Session, device_id: UUID, aim: Aim, at: datetime) -> None:
    """Write down that an image was flashed."""
    wanted = Assigned(device_id, UUID(aim.image_id), True, at, aim.sha256)
    firmware.assign(session, [wanted])


def _candidate(image: FirmwareImage) -> Candidate:
    return Candidate(
        image.id,
        image.type,
        tuple(image.boards),
        image.target,
        image.compat_version,
        image.compat_message,
    )


def _known(row: DeviceRow, images: Sequence[Candidate]) -> Known:
    facts = row.facts or {}
    # Which compat version a device has it says itself, to `sysupgrade -T`; no plan knows it.
    compat = images[0].compat_version if len(images) == 1 else FIRST_COMPAT
    return Known(
        str(facts.get("board") or ""),
        row.model or str(facts.get("model") or ""),
        str(facts.get("target") or ""),
        compat,
    )


def _version(image: FirmwareImage) -> Mapping[str, Any]:
    told = image.meta_data.get("version")
    return told if isinstance(told, dict) else {}
