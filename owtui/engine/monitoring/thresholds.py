"""Which threshold holds for a metric of a device: its own, its group's, the default."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar
from uuid import UUID

from owtui.engine.monitoring.metrics import METRICS, Metrics, Threshold
from storage.metrics import Setting

T = TypeVar("T")


class Owner(Protocol):
    """What of a device decides; a DeviceRow has it."""

    @property
    def id(self) -> UUID:
        """The device."""
        ...

    @property
    def organization_id(self) -> UUID:
        """Whose it is."""
        ...

    @property
    def group(self) -> str:
        """The name of its group, "" for none."""
        ...


class Thresholds:
    """The deviations in memory; the nearest to the device wins field by field."""

    def __init__(self, settings: Iterable[Setting] = (), metrics: Metrics = METRICS) -> None:
        self._metrics = metrics
        self._own: dict[tuple[UUID, str, str], Setting] = {}
        self._group: dict[tuple[UUID, str, str, str], Setting] = {}
        for one in settings:
            if one.device_id is not None:
                self._own[one.device_id, one.configuration, one.tags] = one
            elif one.group is not None:
                self._group[(*one.group, one.configuration, one.tags)] = one

    def of(self, owner: Owner, configuration: str, tags: str = "") -> Threshold | None:
        """The threshold that holds; None for a kind without, or one that was switched off."""
        kind = self._metrics.get(configuration)
        default = kind.alert if kind else None
        layers = list(self._layers(owner, configuration, tags))
        if not layers:
            return default if default and default.is_active else None
        usual = default or Threshold("", 0)
        operator = _first([one.operator for one in layers], usual.operator)
        value = _first([one.threshold for one in layers], default.value if default else None)
        tolerance = _first([one.tolerance for one in layers], usual.tolerance)
        active = _first([one.is_active for one in layers], usual.is_active)
        if not (operator and active) or value is None:
            return None
        return Threshold(operator, value, tolerance or 0)

    def _layers(self, owner: Owner, configuration: str, tags: str) -> Iterable[Setting]:
        """Nearest first; within one owner what names the tags goes before what does not."""
        for spelled in dict.fromkeys((tags, "")):
            if one := self._own.get((owner.id, configuration, spelled)):
                yield one
        if not owner.group:
            return
        for spelled in dict.fromkeys((tags, "")):
            if one := self._group.get((owner.organization_id, owner.group, configuration, spelled)):
                yield one


def _first(values: Iterable[T | None], default: T | None) -> T | None:
    return next((value for value in values if value is not None), default)
