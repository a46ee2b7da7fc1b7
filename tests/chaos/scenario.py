"""What may happen to a push, drawn from a seed: pure, so that a seed replays.

A scenario is one push to one device: what it changes, what happens to it, and when. The kinds are
those of guarded-apply.md, section 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle
from random import Random

from owtui.engine.actions.push_config import PushConfig
from tests.engine.jobs.lives import borders

WINDOW_S, SETTLE_S = 20, 6
"""Short ones; on a busy machine a good change may miss its window, and must then be taken back.
With 2 s to settle a lab device on two cores under a load of 15 confirmed a change before its
services had acted on it, and was lost: the time to settle must be longer than they take."""


class Place(StrEnum):
    """The real script in the lab, or the simulator's guard of the same protocol."""

    LAB = "lab"
    SIMULATOR = "simulator"


class Injection(StrEnum):
    """What happens while a device is pushed to."""

    NOTHING = "nothing"
    CLIENT_KILLED = "client killed"
    CABLE_OUT = "cable out for a while"
    CABLE_LONG = "cable out past the deadline"
    POWER = "power cycle"
    POWER_WRITE = "power cycle at a write"
    REBOOT = "reboot by a service"
    WATCHDOG = "watchdog killed -9"
    FULL_BEFORE = "overlay full before"
    FULL_PENDING = "overlay full while pending"
    TWO_PUSHES = "two pushes at once"
    DEADLINE_RACE = "confirm races the deadline"
    COMMIT = "somebody's commit"
    STAGED = "staged edits of a colleague"
    SYNTAX = "syntax error"
    ENGINE = "engine killed -9"


class Change(StrEnum):
    """What is pushed; all but the first cut the way in."""

    GOOD = "good"
    ADDRESS = "wrong address"
    INTERFACE = "interface removed"
    FIREWALL = "firewall drop"
    PORT = "another port"
    DISABLED = "dropbear disabled"
    PASSWORD = "password and keys"


class Phase(StrEnum):
    """From when a moment counts, as the device itself sees the push."""

    BEFORE = "before the upload"
    UPLOADED = "uploaded"
    PENDING = "pending"
    APPLIED = "applied"
    AFTER = "over"


@dataclass(frozen=True, slots=True)
class Moment:
    """So many seconds after a phase has begun."""

    phase: Phase
    after_s: float = 0.0

    def __str__(self) -> str:
        return f"{self.phase} +{self.after_s:.2f} s"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One push and what happens to it; `number` and the seed say all of it.

    lasts_s: of a cable that is out
    package: that a colleague edits
    steps: for POWER_WRITE, at which of the guard's commands that write
    border, occurrence: for ENGINE, see tests/engine/jobs/victim.py
    """

    number: int
    place: Place
    injection: Injection
    change: Change
    moment: Moment
    lasts_s: float = 0.0
    package: str = ""
    steps: tuple[int, ...] = ()
    border: str = ""
    occurrence: int = 1

    def __str__(self) -> str:
        what = f"#{self.number} {self.place}: {self.injection}, {self.change}, {self.moment}"
        if self.lasts_s:
            what += f", for {self.lasts_s:.1f} s"
        if self.steps:
            what += f", steps {self.steps}"
        return " ".join(filter(None, (what, self.package, self.border)))


ONLY_LAB = {Injection.POWER_WRITE: "the simulated guard acts in one go"}
ONLY_SIMULATOR: dict[Injection, str] = {}
CUTS = [change for change in Change if change is not Change.GOOD]
PACKAGES = ("system", "network", "dhcp")
WRITES = 90
"""A push and its restore have about so many commands that write."""

_ANY = (Phase.BEFORE, Phase.UPLOADED, Phase.PENDING, Phase.APPLIED)
_PHASES: dict[Injection, tuple[Phase, ...]] = {
    Injection.NOTHING: (Phase.BEFORE,),
    Injection.CABLE_LONG: (Phase.UPLOADED, Phase.PENDING),
    Injection.POWER: (*_ANY, Phase.AFTER),
    Injection.POWER_WRITE: (Phase.BEFORE,),
    Injection.WATCHDOG: (Phase.PENDING, Phase.APPLIED),
    Injection.FULL_BEFORE: (Phase.BEFORE,),
    Injection.FULL_PENDING: (Phase.PENDING,),
    Injection.DEADLINE_RACE: (Phase.APPLIED,),
    Injection.SYNTAX: (Phase.BEFORE,),
    Injection.ENGINE: (Phase.BEFORE,),
}
_GOOD_ONLY = {Injection.DEADLINE_RACE, Injection.ENGINE, Injection.SYNTAX, Injection.STAGED}
"""The race needs a way in; an engine that is killed judges by the rules, which block the others."""

ENGINE_SELDOM = 3
"""An engine that is killed costs processes and has tests of its own: once in so many turns."""

BORDERS = [
    *borders(PushConfig()),
    *(
        f"act-{act}:{when}"
        for act in ("upload", "check", "confirm")
        for when in ("before", "after")
    ),
]


def scenarios(count: int, lab: int, seed: int) -> list[Scenario]:
    """So many, of them so many in the lab, evenly mixed; all kinds in turn at each place."""
    turns = {place: cycle(_turns(place)) for place in Place}
    found = []
    for number in range(count):
        is_lab = (number + 1) * lab // count > number * lab // count
        place = Place.LAB if is_lab else Place.SIMULATOR
        found.append(_draw(number, place, next(turns[place]), Random(f"{seed}/{number}")))
    return found


def _turns(place: Place) -> list[Injection]:
    absent = ONLY_SIMULATOR if place is Place.LAB else ONLY_LAB
    often = [one for one in Injection if one not in absent and one is not Injection.ENGINE]
    return [*often * ENGINE_SELDOM, Injection.ENGINE]


def _draw(number: int, place: Place, injection: Injection, dice: Random) -> Scenario:
    good = injection in _GOOD_ONLY or dice.random() < 0.5
    change = Change.GOOD if good else dice.choice(CUTS)
    if injection is Injection.WATCHDOG and dice.random() < 0.5:
        change = dice.choice(CUTS)
    phase = dice.choice(_PHASES.get(injection, _ANY))
    spread = {Phase.UPLOADED: 0.8, Phase.PENDING: 2.5, Phase.APPLIED: 0.6}.get(phase, 0.4)
    if injection is Injection.DEADLINE_RACE:
        spread = 0.3
    lasts = 0.0
    if injection is Injection.CABLE_OUT:
        lasts = dice.uniform(0.5, WINDOW_S - 3)
    elif injection is Injection.CABLE_LONG:
        lasts = dice.uniform(WINDOW_S + 1, WINDOW_S + 6)
    steps: tuple[int, ...] = ()
    if injection is Injection.POWER_WRITE:
        steps = tuple(sorted(dice.sample(range(1, WRITES), dice.choice((1, 1, 2)))))
    return Scenario(
        number,
        place,
        injection,
        change,
        Moment(phase, dice.uniform(0.0, spread)),
        lasts_s=lasts,
        package=dice.choice(PACKAGES) if injection in (Injection.COMMIT, Injection.STAGED) else "",
        steps=steps,
        border=dice.choice(BORDERS) if injection is Injection.ENGINE else "",
        occurrence=dice.randint(1, 3),
    )


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many devices of each place a job has, and how many are worked on at a time."""

    lab: int = 16
    simulator: int = 24
    at_once: int = 16


def batches(found: Iterable[Scenario], sizes: Sizes) -> Iterator[list[Scenario]]:
    """Those that are run by one job: in order, an engine that is killed by itself."""
    room = {Place.LAB: sizes.lab, Place.SIMULATOR: sizes.simulator}
    open_: dict[bool, list[Scenario]] = {False: [], True: []}
    for scenario in found:
        batch = open_[scenario.injection is Injection.ENGINE]
        if sum(one.place is scenario.place for one in batch) == room[scenario.place]:
            yield list(batch)
            batch.clear()
        batch.append(scenario)
    yield from (batch for batch in open_.values() if batch)
