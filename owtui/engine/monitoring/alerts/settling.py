"""One look at all that is open: what no longer holds, what explains what, and what to tell.

It works out everything from the tables, so that it may be late, repeated, or done by the next
holder of the engine. A look at nothing new writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from owtui.engine.jobs.noreturn import past_return
from owtui.engine.monitoring.alerts import folding, words
from owtui.engine.monitoring.alerts.damping import HOLD, Say, Standing, Told, owed
from owtui.engine.monitoring.alerts.opening import Ending, end, place
from owtui.engine.monitoring.alerts.quiet import MAINTENANCE, SILENCE, Hush
from owtui.engine.monitoring.alerts.uplinks import Uplinks
from owtui.engine.monitoring.thresholds import Thresholds
from owtui.engine.notifications.telling import Telling
from owtui.settings import Settings
from storage import alerts, metrics
from storage.rows import DeviceRow
from storage.tables import Alert

GRACE = timedelta(minutes=3)
PATIENCE = 5
"""How many graces an alert waits for the alert of something above that does not answer either."""

FLASHING = "its firmware is being written: nobody is told"

LINES = {Say.PROBLEM: "told", Say.FLAPPING: "told-flapping", Say.RECOVERY: "told-recovery"}


@dataclass(frozen=True, slots=True)
class Policy:
    """hold: an alert that returns within it is the same. grace: for the cause to be found first."""

    hold: timedelta = HOLD
    grace: timedelta = GRACE

    @classmethod
    def of(cls, chosen: Settings) -> Policy:
        """As the settings have it."""
        return cls(timedelta(seconds=chosen.alert_hold_s), timedelta(seconds=chosen.alert_grace_s))


@dataclass(frozen=True, slots=True)
class World:
    """What alerts are looked at with."""

    rows: Mapping[UUID, DeviceRow]
    thresholds: Thresholds
    uplinks: Uplinks
    hush: Hush
    policy: Policy = Policy()


@dataclass(slots=True)
class Settled:
    """What a look led to. `waiting`: time alone may change something."""

    tellings: list[Telling] = field(default_factory=list)
    changed: bool = False
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class _Signs:
    """The flags that say so, by device, kind and tags."""

    unhealthy: frozenset[tuple[UUID, str, str]]
    tolerant: frozenset[tuple[UUID, str, str]]
    silent: Mapping[UUID, datetime]
    flashing: frozenset[UUID]

    @classmethod
    def read(cls, session: Session, at: datetime) -> _Signs:
        """silent: a device whose flag is new, and has no alert, went silent after all others.

        flashing: a device whose firmware is written is away on purpose
        """
        found = metrics.troubled(session)
        return cls(
            frozenset((f.device_id, f.configuration, f.tags) for f in found if f.healthy is False),
            frozenset((f.device_id, f.configuration, f.tags) for f in found if f.tolerant is False),
            {
                f.device_id: at
                for f in found
                if f.configuration == words.PING and f.healthy is False
            },
            past_return(session),
        )


def settle(session: Session, world: World, at: datetime) -> Settled:
    """Look at what is open or owed, once, and write what follows from it."""
    done = Settled()
    present = alerts.unsettled(session)
    if not present:
        return done
    signs = _Signs.read(session, at)
    there = []
    for one in present:
        if one.resolved_at is None and (why := _withdrawn(one, world, signs)):
            end(session, one, Ending(place(one), why, tell=False), at)
            done.changed = True
        else:
            there.append(one)
    still = [one for one in there if one.resolved_at is None]
    done.changed |= _fold(session, still, world, signs, at)
    gone = folding.down(still, world.rows)
    suspicion = folding.Suspicion(world.uplinks, gone, signs.silent, world.rows)
    for one in there:
        standing = _standing(one, world, signs, suspicion, at, done)
        flashing = _flashing(one, signs)
        _say(session, one, standing, world, at, done, FLASHING if flashing else "")
    if done.changed:
        alerts.touch(session)
    return done


# -- what no longer holds -------------------------------------------------------------------------


def _withdrawn(one: Alert, world: World, signs: _Signs) -> str:
    """Why an alert no longer holds though nothing recovered, "" where it does."""
    row = world.rows.get(one.device_id) if one.device_id else None
    if row is None:
        return ""  # of the engine itself, or the fleet is read anew in a moment
    if row.is_deactivated:
        return "the device was taken out of service"
    if one.kind in words.OTHERS:
        return ""
    if world.thresholds.of(row, one.kind, one.subject) is None:
        return "its threshold was switched off"
    if (row.id, one.kind, one.subject) not in signs.tolerant:
        return "it is judged anew"
    return ""


# -- what explains what ---------------------------------------------------------------------------


def _fold(session: Session, still: list[Alert], world: World, signs: _Signs, at: datetime) -> bool:
    found = folding.causes(still, world.uplinks, world.rows)
    named = {one.id: one for one in still}
    moved = False
    for one in still:
        cause = found.get(one.id)
        if cause == one.cause_id:
            continue
        if one.cause_id is not None and _recovering(one, signs):
            continue  # it recovers with its cause, only a poll later
        if cause is None:
            one.cause_id = None
            alerts.line(session, one.id, at, "unfolded", "its cause has ended, it has not")
        else:
            one.cause_id = cause
            name = _name(world.rows, named[cause].device_id)
            alerts.line(session, one.id, at, "folded", f"{name} {named[cause].what}")
        one.changed_at = at
        session.add(one)
        moved = True
    return moved


def _name(rows: Mapping[UUID, DeviceRow], device_id: UUID | None) -> str:
    row = rows.get(device_id) if device_id else None
    return row.name if row else ""


def _recovering(one: Alert, signs: _Signs) -> bool:
    if one.device_id is None or one.kind in words.OTHERS:
        return False
    return (one.device_id, one.kind, one.subject) not in signs.unhealthy


# -- what to tell ---------------------------------------------------------------------------------


def _standing(
    one: Alert,
    world: World,
    signs: _Signs,
    suspicion: folding.Suspicion,
    at: datetime,
    done: Settled,
) -> Standing:
    is_open = one.resolved_at is None
    row = world.rows.get(one.device_id) if one.device_id else None
    hushed = is_open and (
        _silenced(one, at) or world.hush.over(one.kind, row) is not None or _flashing(one, signs)
    )
    waits = is_open and _waits(one, world, suspicion, at)
    told = Told(one.told)
    since = one.changed_at if is_open or one.resolved_at is None else one.resolved_at
    folded = one.cause_id is not None
    done.waiting |= waits or hushed or told in (Told.FLAPPING, Told.QUIET)
    return Standing(
        open=is_open,
        told=told,
        flaps=one.flaps,
        since=since,
        held=folded or waits or one.acked_at is not None,
        quiet=hushed,
        recovering=_recovering(one, signs),
    )


def _flashing(one: Alert, signs: _Signs) -> bool:
    return one.device_id in signs.flashing and one.kind in words.FOLDED_KINDS


def _silenced(one: Alert, at: datetime) -> bool:
    return one.silenced_until is not None and one.silenced_until > at


def _waits(one: Alert, world: World, suspicion: folding.Suspicion, at: datetime) -> bool:
    """Whether its cause may still be found: polls come in any order."""
    if one.device_id is None or one.kind not in words.FOLDED_KINDS or one.cause_id is not None:
        return False
    age, grace = at - one.changed_at, world.policy.grace
    if age < grace and world.uplinks.above(one.device_id):
        return True
    if age >= grace * PATIENCE:
        return False
    return suspicion.of(one)


def _say(
    session: Session,
    one: Alert,
    standing: Standing,
    world: World,
    at: datetime,
    done: Settled,
    quiet: str,
) -> None:
    due = owed(standing, at, world.policy.hold)
    if due.told is standing.told and due.say is None:
        return
    row = world.rows.get(one.device_id) if one.device_id else None
    if due.say is not None:
        made = _telling(due.say, one, row, world)
        alerts.line(session, one.id, at, LINES[due.say], made.text)
        done.tellings.append(made)
    elif due.told is Told.QUIET:
        alerts.line(session, one.id, at, "quiet", quiet or _quiet_words(one, row, world, at))
    done.waiting |= due.told in (Told.FLAPPING, Told.QUIET)
    one.told = due.told.value
    session.add(one)
    done.changed = True


def _telling(say: Say, one: Alert, row: DeviceRow | None, world: World) -> Telling:
    limit = world.thresholds.of(row, one.kind, one.subject) if row else None
    behind = 0
    if say is not Say.RECOVERY and one.device_id and one.kind in words.FOLDED_KINDS:
        behind = world.uplinks.behind(one.device_id)
    return words.telling(say, one, row, behind=behind, threshold=limit.value if limit else None)


def _quiet_words(one: Alert, row: DeviceRow | None, world: World, at: datetime) -> str:
    if _silenced(one, at):
        return f"silenced by {one.silenced_by}: nobody is told"
    found = world.hush.over(one.kind, row)
    return f"{found[0].mode} “{found[0].name}”: nobody is told" if found else "nobody is told"


def states(one: Alert, at: datetime, quiet: str = "") -> Iterable[str]:
    """How an alert stands, for people; the weightiest first: resolved, folded, maintenance,
    silenced, acked, flapping, open.

    quiet: the mode of the quiet time that covers it, "" for none
    """
    if one.resolved_at is not None:
        yield "resolved"
        return
    silenced = _silenced(one, at) or quiet == SILENCE
    found = {
        "folded": one.cause_id is not None,
        MAINTENANCE: quiet == MAINTENANCE,
        "silenced": silenced,
        "acked": one.acked_at is not None,
        "flapping": one.told == Told.FLAPPING,
        "open": True,
    }
    yield from (name for name, holds in found.items() if holds)
