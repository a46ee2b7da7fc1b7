"""The flags of every metric in memory, and the judging of observations against them.

Belongs to one loop. A fleet of a thousand devices has some twelve thousand metrics, of which a
hundred move in an hour: values are judged here, and only what moves is written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from owtui.engine.monitoring.health import Status, status_of
from owtui.engine.monitoring.judge import HISTORICAL_S, PAUSE_S, Flags, Memory, judge, reach_s
from owtui.engine.monitoring.metrics import (
    CRITICAL,
    METRICS,
    Metrics,
    Threshold,
    spelled,
    unspelled,
)
from owtui.engine.monitoring.past import status_point
from owtui.engine.monitoring.readings import Reading
from owtui.engine.monitoring.thresholds import Thresholds
from owtui.engine.monitoring.verdicts import Crossing, MetricId, Observation, Outcome, StatusMove
from storage.metrics import Flagged
from storage.rows import DeviceRow
from storage.series import Key, Point, members

Rows = Callable[[], Mapping[UUID, DeviceRow]]


class Book:
    """What is known of every metric's flags.

    rows: the fleet as it is now; a device that is not in it is not judged
    """

    def __init__(
        self,
        rows: Rows,
        *,
        metrics: Metrics = METRICS,
        critical: Collection[str] = CRITICAL,
    ) -> None:
        self.thresholds = Thresholds((), metrics)
        self.pause_s = PAUSE_S  # the longest between two values of a metric
        self._rows = rows
        self._metrics = metrics
        self._critical = critical
        self._flags: dict[UUID, dict[MetricId, Flags]] = {}
        self._configurations: dict[MetricId, str] = {}
        self._memories: dict[MetricId, Memory] = {}

    def load(self, metrics: Iterable[Flagged]) -> None:
        """Take the recorded flags in the place of all that is known."""
        self._flags.clear()
        self._configurations.clear()
        self._memories.clear()
        for one in metrics:
            id_ = (one.device_id, one.key, one.field, one.tags)
            self._flags.setdefault(one.device_id, {})[id_] = Flags(one.healthy, one.tolerant)
            self._configurations[id_] = one.configuration

    def reach_s(self, threshold: Threshold) -> float:
        """How far back the points of a metric matter, in seconds."""
        return reach_s(threshold.tolerance * 60.0, self.pause_s)

    def pending(self) -> dict[MetricId, tuple[Key, Threshold]]:
        """Metrics whose two flags differ: judging them needs their recent points again."""
        found = {}
        for device_id, flags in self._flags.items():
            row = self._rows().get(device_id)
            for id_, flag in flags.items():
                if row is None or flag.healthy is flag.tolerant:
                    continue
                threshold = self.thresholds.of(row, self._configurations[id_], id_[3])
                if threshold is not None and id_ not in self._memories:
                    key = Key(device_id, id_[1], id_[2], unspelled(id_[3]))
                    found[id_] = (key, threshold)
        return found

    def remember(self, id_: MetricId, memory: Memory) -> None:
        """Give a metric its recent points, as the series have them."""
        self._memories.setdefault(id_, memory)

    def flag(self, device_id: UUID, configuration: str) -> bool | None:
        """The immediate flag of a kind that a device has once, None where it was never judged."""
        for id_, flags in self._flags.get(device_id, {}).items():
            if self._configurations[id_] == configuration:
                return flags.healthy
        return None

    def status(self, device_id: UUID) -> Status:
        """The status that the recorded flags give."""
        row = self._rows().get(device_id)
        return self._status(self._flags.get(device_id, {}), {}, row)

    def judge(
        self, batch: Iterable[tuple[Observation, tuple[Reading, ...]]], now: float
    ) -> Outcome:
        """Judge observations, each with all its readings, in the order of their time.

        now: UTC epoch seconds. Nothing here changes what is known; see `keep`.
        """
        outcome = Outcome()
        devices: dict[UUID, datetime] = {}
        for observation, readings in batch:
            row = self._rows().get(observation.device_id)
            if row is None or row.is_deactivated:
                continue
            for reading in readings:
                kind = self._metrics.get(reading.configuration)
                if kind is None:
                    continue
                outcome.points.extend(_points(row.id, kind.key, kind.field, reading))
                if kind.judged in reading.values:
                    self._weigh(outcome, row, reading, now)
            devices[row.id] = observation.at
        for device_id, at in devices.items():
            self._settle(outcome, device_id, at, now)
        return outcome

    def keep(self, outcome: Outcome) -> None:
        """Take over what was written."""
        for id_, flags in outcome.flags.items():
            self._flags.setdefault(id_[0], {})[id_] = flags
            self._configurations[id_] = outcome.configurations[id_]
        self._memories.update(outcome.memories)

    def reset(self, ids: Collection[UUID]) -> None:
        """Forget the judgement of these devices: their status became unknown (§1.6)."""
        for device_id in ids:
            for id_ in self._flags.get(device_id, {}):
                self._flags[device_id][id_] = Flags()
                self._memories.pop(id_, None)

    def unjudged(self) -> list[Flagged]:
        """The metrics that have flags and no threshold any more, as rows without flags."""
        found = []
        for device_id, flags in self._flags.items():
            row = self._rows().get(device_id)
            for id_, one in flags.items():
                kind = self._configurations[id_]
                if row is None or one == Flags() or self.thresholds.of(row, kind, id_[3]):
                    continue
                found.append(Flagged(id_[0], kind, *id_[1:]))
        return found

    def clear(self, metrics: Iterable[Flagged]) -> None:
        """Forget how these were judged."""
        for one in metrics:
            id_ = (one.device_id, one.key, one.field, one.tags)
            self._flags[one.device_id][id_] = Flags()
            self._memories.pop(id_, None)

    def forget(self, present: Collection[UUID]) -> None:
        """Drop devices that are no longer there."""
        for gone in self._flags.keys() - set(present):
            for id_ in self._flags.pop(gone):
                self._configurations.pop(id_, None)
                self._memories.pop(id_, None)

    def flagged(self, outcome: Outcome) -> list[Flagged]:
        """The rows to write of what moved."""
        return [
            Flagged(
                *(id_[0], outcome.configurations[id_], *id_[1:]),
                healthy=outcome.flags[id_].healthy,
                tolerant=outcome.flags[id_].tolerant,
                value=outcome.values[id_][0],
                at=outcome.values[id_][1],
            )
            for id_ in sorted(outcome.moved, key=str)
        ]

    def _weigh(self, outcome: Outcome, row: DeviceRow, reading: Reading, now: float) -> None:
        kind = self._metrics[reading.configuration]
        tags = spelled(reading.tags)
        threshold = self.thresholds.of(row, reading.configuration, tags)
        if threshold is None:
            return
        id_ = (row.id, kind.key, kind.judged, tags)
        before = outcome.flags.get(id_) or self._flags.get(row.id, {}).get(id_) or Flags()
        if id_ not in outcome.memories:
            known = self._memories.get(id_)
            outcome.memories[id_] = Memory(known.points.copy()) if known else Memory()
        value = reading.values[kind.judged]
        memory = outcome.memories[id_]
        verdict = judge(before, threshold, value, reading.at, now, memory, self.pause_s)
        if verdict is None:
            return
        at = datetime.fromtimestamp(reading.at, tz=UTC)
        outcome.put(id_, verdict.flags)
        outcome.configurations[id_] = reading.configuration
        outcome.values[id_] = (value, at)
        if verdict.immediate_moved or verdict.tolerant_moved:
            outcome.moved.add(id_)
        if verdict.notify:
            crossing = Crossing(
                *(row.id, reading.configuration, reading.tags, verdict.flags.tolerant is True),
                value=value,
                threshold=threshold,
                at=at,
                first=before.tolerant is None,
                tell=reading.tell,
            )
            outcome.crossings.append(crossing)

    def _settle(self, outcome: Outcome, device_id: UUID, at: datetime, now: float) -> None:
        """The device's status with the flags of this batch: that of now, which is no point of the
        past where all that came was history."""
        row = self._rows()[device_id]
        flags = {**self._flags.get(device_id, {}), **outcome.of_device(device_id)}
        after = self._status(flags, outcome.configurations, row)
        outcome.statuses[device_id] = after
        if now - at.timestamp() <= HISTORICAL_S:
            outcome.points.append(status_point(device_id, after, at.timestamp()))
        before = Status(row.status)
        if after is not before:
            outcome.moves.append(StatusMove(device_id, before, after, at))

    def _status(
        self,
        flags: Mapping[MetricId, Flags],
        fresh: Mapping[MetricId, str],
        row: DeviceRow | None,
    ) -> Status:
        """fresh: configurations of metrics that are not recorded yet"""
        told: dict[str, list[bool | None]] = {}
        for id_, one in flags.items():
            configuration = self._configurations.get(id_) or fresh[id_]
            told.setdefault(configuration, []).append(one.healthy)
        return status_of(told, self._critical, deactivated=bool(row and row.is_deactivated))


def _points(device_id: UUID, metric: str, field: str, reading: Reading) -> list[Point]:
    if reading.members:
        key = Key(device_id, metric, field, reading.tags)
        return members(key, reading.at, reading.members)
    return [
        Point(Key(device_id, metric, name, reading.tags), reading.at, value)
        for name, value in reading.values.items()
    ]
