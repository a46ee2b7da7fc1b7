"""On which terms a check runs on a device: its own, its group's, the settings', the defaults.

In memory, and worked out when asked: there is no row a device and check.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from owtui.engine.monitoring.checks.base import DEFAULT_EVERY_S, Check
from owtui.engine.monitoring.checks.registry import Checks
from owtui.errors import InputError
from owtui.settings import Settings
from storage.checks import Deviation
from storage.rows import DeviceRow

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """How a check runs on a device. `origin`: the nearest that says anything of it."""

    active: bool
    every_s: float
    params: Mapping[str, Any]
    origin: str = "default"  # device | group | settings | default


@dataclass(frozen=True, slots=True)
class _Layer:
    origin: str
    params: Mapping[str, Any]
    active: bool | None = None
    every_s: float | None = None


class TermsBook:
    """The deviations of one moment. `problems`: sentences on settings that are left out."""

    def __init__(
        self, checks: Checks, chosen: Settings, deviations: Iterable[Deviation] = ()
    ) -> None:
        self.problems: tuple[str, ...] = ()
        self._chosen = chosen
        self._settings = self._proved(checks, chosen.checks)
        self._own: dict[tuple[UUID, str], _Layer] = {}
        self._group: dict[tuple[UUID, str, str], _Layer] = {}
        self._usual_terms: dict[str, Terms] = {}  # of those of whom nobody said anything: most
        for one in deviations:
            owner = "device" if one.device_id is not None else "group"
            layer = _Layer(owner, one.params, one.is_active, one.interval_s)
            if one.device_id is not None:
                self._own[one.device_id, one.check_type] = layer
            elif one.group is not None:
                self._group[(*one.group, one.check_type)] = layer

    def of(self, row: DeviceRow, check: Check) -> Terms:
        """What holds for this check on this device."""
        layers = list(self._layers(row, check.type))
        if layers:
            return self._of(layers, check)
        if check.type not in self._usual_terms:
            self._usual_terms[check.type] = self._of([], check)
        return self._usual_terms[check.type]

    def _of(self, layers: Sequence[_Layer], check: Check) -> Terms:
        params: dict[str, Any] = {}
        for layer in reversed(layers):
            params = merged(params, layer.params)
        active = next((one.active for one in layers if one.active is not None), None)
        every_s = next((one.every_s for one in layers if one.every_s), None)
        return Terms(
            active=self._usual(check) if active is None else active,
            every_s=float(every_s or self._every_s(check)),
            params=check.complete(params),
            origin=layers[0].origin if layers else "default",
        )

    def _usual(self, check: Check) -> bool:
        return bool(getattr(self._chosen, check.setting)) if check.setting else check.active

    def _every_s(self, check: Check) -> float:
        """The setting for all; a check that wants another interval than usual has its own."""
        usual = check.every_s == DEFAULT_EVERY_S
        return (self._chosen.checks_every_s or DEFAULT_EVERY_S) if usual else check.every_s

    def _layers(self, row: DeviceRow, type_: str) -> Iterator[_Layer]:
        """Nearest first."""
        if own := self._own.get((row.id, type_)):
            yield own
        if row.group and (group := self._group.get((row.organization_id, row.group, type_))):
            yield group
        for name in (f"{row.organization}/{type_}", type_):
            if name in self._settings:
                yield _Layer("settings", self._settings[name])

    def _proved(self, checks: Checks, told: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        for name, params in told.items():
            try:
                if not isinstance(params, dict):
                    raise InputError("it must be a table.")
                checks.get(name.rpartition("/")[2]).prove(params)
            except InputError as error:
                said = f"[checks.{name}] of the settings is left out: {error.sentence}"
                self.problems += (said,)
                _log.error("%s", said)
            else:
                found[name] = params
        return found


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `below`, key by key, in tables within, too."""
    found = dict(below)
    for name, value in above.items():
        under = found.get(name)
        both = isinstance(value, dict) and isinstance(under, dict)
        found[name] = merged(under, value) if both and under is not None else value
    return found
