"""Judging a firmware image by the metadata at its end, as sysupgrade -T does.

A simulated image is any file that ends in fwtool's JSON: `supported_devices` decides.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .device import Device

_TAIL = 64 << 10


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


def check_image(device: Device, path: str) -> Verdict:
    """Return the verdict on the file at `path`."""
    try:
        data = device.files.read(path)
    except OSError:
        return Verdict(("Image file not found.",), forceable=False)
    metadata = _metadata(data[-_TAIL:])
    if metadata is None:
        return Verdict(("Image metadata not present", "Image check failed."))
    supported = [str(name) for name in metadata.get("supported_devices", [])]
    if device.model.board not in supported:
        return Verdict(
            (
                f"Device {device.model.board} not supported by this image",
                f"Supported devices: {' '.join(supported)}",
                "Image check failed.",
            ),
            metadata=metadata,
        )
    return Verdict(metadata=metadata)


def _metadata(tail: bytes) -> dict[str, Any] | None:
    start = tail.rfind(b'{ "metadata_version"')
    if start < 0:
        return None
    try:
        found, _ = json.JSONDecoder().raw_decode(tail[start:].decode("utf-8", "replace"))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
