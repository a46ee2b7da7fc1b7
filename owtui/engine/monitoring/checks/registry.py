"""Which checks there are: one file each in this folder, and the entry points `owtui.checks`.

An instance, filled at start. A plug-in that fails is a recorded problem with its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from types import ModuleType

from owtui.engine import plugins
from owtui.engine.monitoring import checks
from owtui.engine.monitoring.checks.base import Check
from owtui.errors import InputError

GROUP = "owtui.checks"
TYPE_LENGTH = 32  # of the column


class Checks:
    """Checks by type, in the order of their types."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self.problems: tuple[str, ...] = ()  # sentences

    @classmethod
    def load(cls) -> Checks:
        """Take in the checks of this folder, then those of installed plug-ins."""
        found = cls()
        plugins.load(found, checks, GROUP, found.leave_out)
        return found

    def register(self, module: ModuleType) -> None:
        """Let a module add its check; one without `register` has none."""
        plugins.register(self, module)

    def leave_out(self, name: str, why: str) -> None:
        """Record that a plug-in is not taken in."""
        self.problems += (f"The check {name} is left out: {why}.",)

    def add(self, check: Check) -> None:
        """Take a check in. Raises ValueError for what cannot be one."""
        if not 0 < len(check.type) <= TYPE_LENGTH:
            raise ValueError(f"the type {check.type!r} is not 1 to {TYPE_LENGTH} letters long")
        if check.type in self._checks:
            raise ValueError(f"there are two checks {check.type!r}")
        from jsonschema import Draft4Validator, SchemaError  # 60 ms

        try:
            Draft4Validator.check_schema(check.schema)
        except SchemaError as error:
            raise ValueError(f"the schema of {check.type}: {error.message}") from None
        self._checks[check.type] = check

    def find(self, type_: str) -> Check | None:
        """The check of this type, None where its plug-in is gone."""
        return self._checks.get(type_.replace("-", "_"))

    def get(self, type_: str) -> Check:
        """The check of this type. Raises InputError that names the nearest one."""
        if found := self.find(type_):
            return found
        near = get_close_matches(type_, self._checks, 1)
        raise InputError(
            f"There is no check “{type_}”.",
            f"Did you mean {near[0]}?" if near else f"There are: {', '.join(self.types)}.",
        )

    @property
    def types(self) -> tuple[str, ...]:
        """The types of all, sorted."""
        return tuple(sorted(self._checks))

    def __iter__(self) -> Iterator[Check]:
        return (self._checks[type_] for type_ in self.types)
