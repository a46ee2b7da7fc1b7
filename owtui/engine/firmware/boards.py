"""Which boards and models an image is for, beyond what its metadata says.

A map is a JSON file: {NAME: {"label": …, "boards": [MODEL, …]}} or {NAME: [MODEL, …]}. NAME is the
type of an image, as in OpenWISP's map of OpenWrt images (its OPENWISP_CUSTOM_OPENWRT_IMAGES), or
the name of a board ("tplink,archer-c6-v3"); MODEL is what the device calls itself
(/tmp/sysinfo/model). Files are named in the setting `firmware_boards`; packages add maps of their
own by the entry point `owtui.boards`, a module with `register(boards)`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from owtui.engine import plugins
from owtui.engine.firmware import maps
from owtui.errors import InputError

GROUP = "owtui.boards"

_RELEASE = re.compile(
    r"(?:(?:\d+\.\d+(?:\.\d+)?(?:-rc\d+|-snapshot)?|snapshot)-)?(?:r\d+-[0-9a-f]{6,}-)?",
    re.IGNORECASE,
)


class Boards:
    """Names of images to the models that they are for."""

    def __init__(self) -> None:
        self._models: dict[str, tuple[str, ...]] = {}
        self.problems: tuple[str, ...] = ()  # sentences

    @classmethod
    def load(cls, files: str = "") -> Boards:
        """The maps of plug-ins, then those of files, which colons separate. Raises InputError."""
        found = cls()
        plugins.load(found, maps, GROUP, found.leave_out)
        for name in filter(None, files.split(":")):
            found.read(Path(name).expanduser())
        return found

    def register(self, module: ModuleType) -> None:
        """Let a module add its map."""
        plugins.register(self, module)

    def leave_out(self, name: str, why: str) -> None:
        """Record that a plug-in is not taken in."""
        self.problems += (f"The board map {name} is left out: {why}.",)

    def read(self, file: Path) -> None:
        """Take in a map. Raises InputError with the file and what is wrong."""
        try:
            told = json.loads(file.read_bytes())
        except OSError as error:
            raise InputError(f"The board map {file} cannot be read: {error.strerror}.") from error
        except (ValueError, RecursionError) as error:
            raise InputError(f"The board map {file} is not JSON: {error}.") from error
        if not isinstance(told, dict):
            raise InputError(f"The board map {file} is no JSON object.", "See docs/firmware.md.")
        for name, value in told.items():
            models = value.get("boards") if isinstance(value, dict) else value
            if not isinstance(models, list) or not all(isinstance(one, str) for one in models):
                raise InputError(f"The board map {file} has no list of models for “{name}”.")
            self.add({name: models})

    def add(self, found: Mapping[str, Iterable[str]]) -> None:
        """Take in names and their models; what is said twice of a name holds together."""
        for name, models in found.items():
            known = self._models.get(name.casefold(), ())
            self._models[name.casefold()] = tuple(dict.fromkeys((*known, *models)))

    def models(self, names: Iterable[str]) -> tuple[str, ...]:
        """The models of an image of these names: its type and its boards."""
        found = [model for name in names for model in self._models.get(name.casefold(), ())]
        return tuple(dict.fromkeys(found))

    def as_dict(self) -> dict[str, Any]:
        """All of it, as it may be written to a file."""
        return {name: {"boards": list(models)} for name, models in sorted(self._models.items())}


def type_of(file_name: str) -> str:
    """The type of an image by its file name: without what is before the first hyphen, as OpenWISP
    derives it; and without the release, which is another in each build of one device.

    "openwrt-24.10.8-ath79-generic-x_y-squashfs-sysupgrade.bin" and
    "openwrt-ath79-generic-x_y-squashfs-sysupgrade.bin" are of one type.
    """
    rest = file_name.partition("-")[2]
    release = _RELEASE.match(rest)
    return rest[release.end() if release else 0 :] or file_name
