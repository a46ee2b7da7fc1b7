"""Which image is for a device, and what speaks against it, in words; pure.

The board decides (/tmp/sysinfo/board_name in the image's supported devices), then the model by the
board map. The rules of compat_version are those of OpenWrt's
package/base-files/files/lib/upgrade/fwtool.sh: another major one is refused unless forced, another
minor one needs `sysupgrade -n`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from owtui.engine.firmware.boards import Boards

FIRST_COMPAT = "1.0"
"""The compat version of a device that does not tell one, and of an image that does not."""


@dataclass(frozen=True, slots=True)
class Known:
    """What counts of a device; "" is unknown. `model` as in /tmp/sysinfo/model."""

    board: str = ""
    model: str = ""
    target: str = ""
    compat_version: str = FIRST_COMPAT


@dataclass(frozen=True, slots=True)
class Candidate:
    """What counts of an image. `boards`: board names, and models where people gave them."""

    id: UUID
    type: str
    boards: tuple[str, ...]
    target: str = ""
    compat_version: str = FIRST_COMPAT
    compat_message: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """The image of a device, or why there is none.

    image_id: None where there is none; `reason` then says why
    by: "board" or "model", whichever was the same
    force: why the device will refuse it unless it is forced, "" where it will not
    clean: why its configuration cannot be kept (`sysupgrade -n`), "" where it can
    """

    image_id: UUID | None = None
    type: str = ""
    by: str = ""
    reason: str = ""
    force: str = ""
    clean: str = ""


def match(device: Known, images: Sequence[Candidate], boards: Boards) -> Match:
    """The one image that is for a device."""
    if not (device.board or device.model):
        return Match(reason="Which board it is has not been read yet.")
    found, by = _fitting(device, images, boards)
    if not found:
        return Match(reason=f"{lack(device)}." if images else "There are no images.")
    same = [one for one in found if device.target and one.target == device.target]
    if by == "model" and not same and device.target and all(one.target for one in found):
        return Match(
            reason=f"The image for {device.model} is for {found[0].target},"
            f" and the device runs {device.target}."
        )
    left = same or found
    if len(left) > 1:
        listed = ", ".join(sorted(one.type for one in left))
        return Match(reason=f"Several images are for {device.board or device.model}: {listed}.")
    [image] = left
    force, clean = compat(device.compat_version, image.compat_version, image.compat_message)
    return Match(image.id, image.type, by, force=force, clean=clean)


def concern(device: Known, images: Sequence[Candidate], boards: Boards) -> bool:
    """Whether any of these images is for a device, even if it is not clear which."""
    return bool(_fitting(device, images, boards)[0])


def lack(device: Known) -> str:
    """Why no image of several is for a device; a model without its board says little."""
    if device.board:
        return f"No image is for {device.board}"
    return f"Its board was never read, and no image is for the model {device.model}"


def compat(device: str, image: str, message: str = "") -> tuple[str, str]:
    """(why it needs force, why the configuration cannot be kept), each "" where it does not."""
    device, image = device or FIRST_COMPAT, image or FIRST_COMPAT
    if device == image:
        return "", ""
    said = f" {message.strip()}" if message.strip() else ""
    if _major(device) != _major(image):
        why = f"The image is incompatible with what the device runs (compat {device} to {image})."
        return why + said, ""
    why = f"The configuration does not fit the image (compat {device} to {image}): upgrade with -n."
    return "", why + said


def _fitting(
    device: Known, images: Sequence[Candidate], boards: Boards
) -> tuple[list[Candidate], str]:
    if device.board:
        found = [one for one in images if device.board in one.boards]
        if found:
            return found, "board"
    if not device.model:
        return [], ""
    named = [
        one
        for one in images
        if device.model in one.boards or device.model in boards.models((one.type, *one.boards))
    ]
    return named, "model"


def _major(version: str) -> str:
    return version.rpartition(".")[0] or version
