"""What a device is to run: one image, as the flow needs to know it."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = "/tmp"  # the device's, in RAM: sysupgrade reads the image there


@dataclass(frozen=True, slots=True)
class Aim:
    """One image for one board. `version` and `revision` are "" where its metadata has none.

    boards: what its metadata calls supported_devices, as `ubus call system board` names them
    """

    image_id: str
    path: Path
    name: str
    sha256: str
    size: int
    boards: tuple[str, ...] = ()
    version: str = ""
    revision: str = ""

    @property
    def place(self) -> str:
        """Where on the device it is uploaded to; a name without anything the shell would read."""
        plain = re.sub(r"[^A-Za-z0-9._+-]", "_", posixpath.basename(self.name)).lstrip("-.")
        return f"{FOLDER}/{plain or self.sha256[:16]}"


@dataclass(frozen=True, slots=True)
class Installed:
    """What a device runs by its own words: release and board."""

    version: str = ""
    revision: str = ""
    board: str = ""


def is_installed(aim: Aim, runs: Installed) -> bool:
    """Whether a device runs the release of an image; False where the image does not tell it."""
    if not aim.version or not runs.version:
        return False
    return aim.version == runs.version and (
        not aim.revision or not runs.revision or aim.revision == runs.revision
    )


def why_not(aim: Aim, runs: Installed) -> str:
    """What is wrong with a device after the flash, "" when it runs the image."""
    if aim.boards and runs.board and runs.board not in aim.boards:
        return f"it says that it is a {runs.board}, which the image is not for"
    if aim.version and not is_installed(aim, runs):
        wanted = f"{aim.version} {aim.revision}".strip()
        has = f"{runs.version} {runs.revision}".strip() or "no release"
        return f"it runs {has}, not {wanted}"
    return ""
