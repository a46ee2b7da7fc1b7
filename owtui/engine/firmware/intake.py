"""What is looked at before an image is taken into the library, and what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from owtui.engine.firmware.boards import Boards, type_of
from owtui.engine.firmware.entries import BuildRow, Inspected
from owtui.engine.firmware.imagefile import ImageFile, Metadata, examine
from owtui.engine.firmware.signature import MISSING, WRONG, PublicKey, check
from owtui.engine.firmware.store import plain_name
from owtui.errors import InputError
from owtui.units import version_key
from storage.rules import storable

TYPE_LENGTH = 128


@dataclass(frozen=True, slots=True)
class Gate:
    """By what images are judged. `most`: the size that is taken, in bytes."""

    boards: Boards
    keys: Sequence[PublicKey]
    most: int


def inspect(
    path: Path,
    gate: Gate,
    at: datetime,
    *,
    build: BuildRow | None = None,
    name: str = "",
    type: str = "",
    boards: Sequence[str] = (),
) -> Inspected:
    """Look at a file, as one of this build; blocks. Raises ImageError, InputError.

    name, type, boards: what a person says of it, before what its name and metadata say
    """
    file_name = plain_name(name or path.name)
    image = examine(path)
    if image.size > gate.most:
        raise InputError(
            f"{file_name} is {image.size / 1048576:.1f} MiB, and {gate.most >> 20} MiB are taken.",
            "The setting firmware_max_mib says how much.",
        )
    signed = check(image, path, gate.keys, at)
    told = image.metadata or Metadata()
    kind = type or type_of(file_name)[:TYPE_LENGTH]
    wanted = words(boards) or words(told.boards) or gate.boards.models([kind])
    objections = [*_unknown(image, wanted), *(_mismatches(told, build) if build else ())]
    if signed.state in (WRONG, MISSING):
        objections.append(f"Its signature is {signed.state}: {signed.words}")
    return Inspected(
        file_name=file_name,
        type=kind,
        size=image.size,
        sha256=image.sha256,
        form=image.form.value,
        boards=tuple(storable(list(wanted))),
        target=storable(told.target)[:64],
        release=storable(told.version),
        revision=storable(told.revision),
        compat_version=storable(told.compat_version)[:32],
        compat_message=storable(told.compat_message),
        signature=signed.state,
        signature_words=storable(signed.words),
        objections=tuple(objections),
        meta_data=storable(dict(told.raw)),
    )


def words(given: Sequence[str]) -> tuple[str, ...]:
    """Names of boards or models without what is blank or told twice."""
    return tuple(dict.fromkeys(filter(None, (one.strip() for one in given))))


def os_of(found: Inspected) -> str:
    """What a device with this image reports as its OS; "" where the image does not say."""
    told = found.meta_data.get("version")
    dist = told.get("dist") if isinstance(told, dict) else ""
    words = (dist, found.release, found.revision)
    return " ".join(map(str, words)) if all(words) else ""


def _unknown(image: ImageFile, boards: Sequence[str]) -> list[str]:
    if boards:
        return []
    if image.metadata is None:
        return ["It has no metadata, so that nothing says which boards it is for."]
    return ["Its metadata names no board that it is for."]


def _mismatches(told: Metadata, build: BuildRow) -> list[str]:
    """Where the image and the build that it is added to say different things."""
    own = " ".join((told.dist, told.version, told.revision))
    if build.os and all((told.dist, told.version, told.revision)) and own != build.os:
        return [f"It is {own}, and the build {build.label} is {build.os}."]
    mine, theirs = version_key(told.version), version_key(build.version)
    if mine is not None and theirs is not None and mine != theirs:
        return [f"It is release {told.version}, and the build is {build.label}."]
    return []
