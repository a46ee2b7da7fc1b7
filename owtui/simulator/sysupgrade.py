"""Judging a firmware image by the metadata at its end, as sysupgrade -T does.

A simulated image is any file with fwtool's trailer, or one that ends in its JSON alone:
`supported_devices` decides, and from compat_version 1.1 on `new_supported_devices`, as in OpenWrt's
lib/upgrade/fwtool.sh.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .fwtool import read_tail
from .uci import first

if TYPE_CHECKING:
    from .device import Device

_TAIL = 64 << 10
FIRST = "1.0"  # the compat version of what does not tell one


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with an image, in the lines the device prints; none when it is good."""

    errors: tuple[str, ...] = ()
    forceable: bool = True
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return not self.errors

    def report(self) -> dict[str, Any]:
        """Return the answer of validate_firmware_image."""
        return {
            "tests": {
                "fwtool_signature": True,
                "fwtool_device_match": self.good,
            },
            "valid": self.good,
            "forceable": self.forceable,
            "allow_backup": True,
        }


def check_image(device: Device, path: str, *, keeps: bool = True) -> Verdict:
    """Return the verdict on the file at `path`; `keeps`: the configuration is to be kept."""
    try:
        data = device.files.read(path)
    except OSError:
        return Verdict(("Image file not found.",), forceable=False)
    metadata = _metadata(data)
    if metadata is None:
        return Verdict(("Image metadata not present", "Image check failed."))
    compat = str(metadata.get("compat_version") or FIRST)
    supported = _words(metadata, "supported_devices")
    boards = supported if compat == FIRST else _words(metadata, "new_supported_devices")
    if device.model.board not in boards:
        return Verdict(
            (
                f"Device {device.model.board} not supported by this image",
                f"Supported devices: {' '.join(supported)}",
                "Image check failed.",
            ),
            metadata=metadata,
        )
    message = str(metadata.get("compat_message") or "")
    why = _incompatible(_compat_of(device), compat, message, keeps)
    if why:
        return Verdict((*why, "Image check failed."), metadata=metadata)
    return Verdict(metadata=metadata)


def _incompatible(own: str, image: str, message: str, keeps: bool) -> tuple[str, ...]:
    if own.rpartition(".")[0] != image.rpartition(".")[0]:
        said = (
            "The device is supported, but this image is incompatible for sysupgrade based on the"
            f" image version ({own}->{image})."
        )
        return (said, message) if message else (said,)
    if own != image and keeps:
        return (
            "The device is supported, but the config is incompatible to the new image"
            f" ({own}->{image}). Please upgrade without keeping config (sysupgrade -n).",
        )
    return ()


def _compat_of(device: Device) -> str:
    """`uci get system.@system[0].compat_version`."""
    if "system" not in device.uci.names():
        return FIRST
    section = next(device.uci.load("system").typed("system"), None)
    return first(section.options.get("compat_version"), FIRST) if section else FIRST


def _words(metadata: dict[str, Any], name: str) -> list[str]:
    value = metadata.get(name)
    return [str(one) for one in value] if isinstance(value, list) else []


def _metadata(data: bytes) -> dict[str, Any] | None:
    """The JSON of the trailer; without one, what the file ends in."""
    tail = read_tail(data)
    if tail.metadata is None and (tail.damaged or tail.signed):
        return None
    text = tail.metadata if tail.metadata is not None else data[-_TAIL:]
    start = 0 if tail.metadata is not None else text.rfind(b'{ "metadata_version"')
    if start < 0:
        return None
    try:
        found = json.loads(text[start:].decode("utf-8", "replace"))  # nothing may stand behind it
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
