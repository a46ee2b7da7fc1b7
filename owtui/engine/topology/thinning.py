"""History that is older than a day, thinned: who was up when stays exact, costs sway by the hour.

A mesh of 500 links whose costs differ with each update writes 9 MB of history a day. What only
sways (costs, what sources tell beside) is moved to the last batch of its hour, and of its day once
it is a month old; links and nodes that came, went, or went up or down stay at their moments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

from owtui.engine.topology.history import Fields, Told, pack, unpack
from storage.topologyhistory import Batch

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SWAYS = frozenset({"cost", "text", "told"})


@dataclass(frozen=True, slots=True)
class Tier:
    """History older than `age`: what sways is known for each `width`, whole pictures are kept one
    for each `wholes`."""

    age: timedelta
    width: timedelta
    wholes: timedelta

    def until(self, at: datetime) -> datetime:
        """Up to when history is of this age, in full widths."""
        return _EPOCH + (at - self.age - _EPOCH) // self.width * self.width


TIERS = (
    Tier(timedelta(days=1), timedelta(hours=1), timedelta(days=1)),
    Tier(timedelta(days=30), timedelta(days=1), timedelta(days=7)),
)


@dataclass(frozen=True, slots=True)
class Thinned:
    """What becomes of batches: those to write anew, and those that go; of whole pictures and of
    the others by their numbers."""

    rewritten: tuple[Batch, ...] = ()
    dropped: tuple[int, ...] = ()
    wholes: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rewritten or self.dropped or self.wholes)


def thinned(batches: Sequence[Batch], tier: Tier) -> Thinned:
    """Thin batches of one topology, in the order of their numbers; they begin with a time of
    whole pictures, so that of each the first stays."""
    rewritten: list[Batch] = []
    dropped: list[int] = []
    plain = (one for one in batches if not one.is_whole)
    for _, group in groupby(plain, lambda one: (one.at - _EPOCH) // tier.width):
        for before, after in _gathered(list(group)):
            if after is None:
                dropped.append(before.number)
            elif after != before:
                rewritten.append(after)
    wholes = (one for one in batches if one.is_whole)
    spans = groupby(wholes, lambda one: (one.at - _EPOCH) // tier.wholes)
    gone = [one.number for _, group in spans for one in list(group)[1:]]
    return Thinned(tuple(rewritten), tuple(dropped), tuple(gone))


def _gathered(batches: Sequence[Batch]) -> Iterator[tuple[Batch, Batch | None]]:
    """Each batch of one width, and what it becomes: None where all of it moved to the last."""
    if len(batches) == 1:
        return
    pending: Told = {"nodes": {}, "links": {}}
    seen = 0
    for batch in batches[:-1]:
        told = unpack(batch.packed)
        kept: Told = {kind: _split(told[kind], pending[kind]) for kind in told}
        count = _count(kept)
        if count == _count(told):
            yield batch, replace(batch, packed=pack(kept)) if kept != told else batch
            continue
        seen += max(batch.size - count, 0)
        yield batch, replace(batch, packed=pack(kept), size=count) if count else None
    last = batches[-1]
    told = unpack(last.packed)
    both: Told = {kind: _over(pending[kind], told[kind]) for kind in told}
    if both == told:
        yield last, last
    else:
        yield last, replace(last, packed=pack(both), size=min(last.size + seen, _count(both)))


def _split(
    told: dict[str, Fields | None], pending: dict[str, Fields | None]
) -> dict[str, Fields | None]:
    """What is not mere sway, with what swayed of the same before; the rest becomes pending."""
    kept: dict[str, Fields | None] = {}
    for key, fields in told.items():
        before = pending.pop(key, None) or {}
        if fields is None:
            kept[key] = None
        elif fields.keys() <= _SWAYS:
            pending[key] = {**before, **fields}
        else:
            kept[key] = {**before, **fields}
    return kept


def _over(
    pending: dict[str, Fields | None], told: dict[str, Fields | None]
) -> dict[str, Fields | None]:
    found = dict(told)
    for key, before in pending.items():
        if key not in told:
            found[key] = before
        elif (fields := told[key]) is not None:
            found[key] = {**(before or {}), **fields}
    return found


def _count(told: Told) -> int:
    return sum(len(part) for part in told.values())


def spans(moments: Iterable[datetime], tier: Tier) -> list[tuple[datetime, datetime]]:
    """The times of whole pictures that have more batches than widths: those worth a look."""
    found = []
    for number, group in groupby(sorted(moments), lambda at: (at - _EPOCH) // tier.wholes):
        inside = [(at - _EPOCH) // tier.width for at in group]
        if len(inside) > len(set(inside)):
            begin = _EPOCH + number * tier.wholes
            found.append((begin, begin + tier.wholes))
    return found
