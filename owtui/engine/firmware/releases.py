"""The builds of a category in their order, and how far behind the newest a device is; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from owtui.units import natural_key, version_key


@dataclass(frozen=True, slots=True)
class Release:
    """What counts of a build. `at`: when it was released, or added."""

    id: UUID
    version: str
    at: datetime
    os: str = ""
    supersedes: UUID | None = None


@dataclass(frozen=True, slots=True)
class Behind:
    """How far behind the newest build: that many builds and whole days; None where it is unknown.

    `running`: the build that the device runs, None for another release.
    """

    running: UUID | None = None
    builds: int | None = None
    days: int | None = None


def ordered(builds: Sequence[Release]) -> list[Release]:
    """Oldest first: by version, then by time; a build stands after the one that it supersedes."""
    left = sorted(builds, key=_place)
    known = {one.id for one in left}
    placed: set[UUID] = set()
    found: list[Release] = []
    while left:
        ready = (one for one in left if one.supersedes not in known - placed)
        one = next(ready, left[0])  # a ring of builds is as good as none
        left.remove(one)
        placed.add(one.id)
        found.append(one)
    return found


def behind(builds: Sequence[Release], os: str, version: str) -> Behind:
    """Where a device stands that reports this OS and release.

    builds: of one category, ordered
    A release that is none of the builds is placed among them by its version; its days are unknown.
    """
    if not builds:
        return Behind()
    for place, one in enumerate(builds):
        if os and one.os == os:
            days = max(0, (builds[-1].at - one.at).days)
            return Behind(one.id, len(builds) - 1 - place, days)
    mine = version_key(version)
    keys = [version_key(one.version) for one in builds]
    if mine is None or None in keys:
        return Behind()
    return Behind(None, sum(key > mine for key in keys if key is not None))


def _place(one: Release) -> tuple[bool, object, datetime]:
    """Releases of OpenWrt by their rule, before versions of people by theirs."""
    key = version_key(one.version)
    return (key is None, key or natural_key(one.version), one.at)
