"""Which formats there are: one file each in this folder, and the entry points `owtui.formats`.

An instance, filled at start. A plug-in that fails is a recorded problem with its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from types import ModuleType

from owtui.engine import plugins
from owtui.engine.topology import formats
from owtui.engine.topology.formats.base import Format
from owtui.errors import InputError

GROUP = "owtui.formats"
ID_LENGTH = 32


class Formats:
    """Formats by id, in the order of their ids."""

    def __init__(self) -> None:
        self._formats: dict[str, Format] = {}
        self.problems: tuple[str, ...] = ()  # sentences

    @classmethod
    def load(cls) -> Formats:
        """Take in the formats of this folder, then those of installed plug-ins."""
        found = cls()
        plugins.load(found, formats, GROUP, found.leave_out)
        return found

    def register(self, module: ModuleType) -> None:
        """Let a module add its format; one without `register` has none."""
        plugins.register(self, module)

    def leave_out(self, name: str, why: str) -> None:
        """Record that a plug-in is not taken in."""
        self.problems += (f"The format {name} is left out: {why}.",)

    def add(self, format_: Format) -> None:
        """Take a format in. Raises ValueError for what cannot be one."""
        if not isinstance(format_, Format):
            raise ValueError(f"{format_!r} is not a Format")
        if not 0 < len(format_.id) <= ID_LENGTH:
            raise ValueError(f"the id {format_.id!r} is not 1 to {ID_LENGTH} letters long")
        if format_.id in self._formats:
            raise ValueError(f"there are two formats {format_.id!r}")
        self._formats[format_.id] = format_

    def find(self, id_: str) -> Format | None:
        """The format of this id, None where its plug-in is gone."""
        return self._formats.get(id_)

    def get(self, id_: str) -> Format:
        """The format of this id. Raises InputError that names the nearest one."""
        if found := self.find(id_.lower()):
            return found
        near = get_close_matches(id_.lower(), self._formats, 1)
        raise InputError(
            f"There is no topology format “{id_}”.",
            f"Did you mean {near[0]}?" if near else f"There are: {', '.join(self.ids)}.",
        )

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all, sorted."""
        return tuple(sorted(self._formats))

    def __iter__(self) -> Iterator[Format]:
        return (self._formats[id_] for id_ in self.ids)
