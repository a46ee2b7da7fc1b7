"""What a sink is: a way by which notifications leave this house. One file in `sinks/` each.

A module has `register(sinks)`, which names the sink and how it is made of the settings; installed
packages bring others through the entry point `owtui.sinks`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Protocol
from uuid import UUID

from owtui.engine import plugins
from owtui.errors import InputError, Kind, OwtuiError
from owtui.settings import Settings
from storage.secrets import Secret

GROUP = "owtui.sinks"
EMAIL = "email"
DEMO = "demo"  # the fleet from which nothing leaves


@dataclass(frozen=True, slots=True)
class Parcel:
    """One thing to be sent. `id` stays the same over attempts: receivers know repeats by it.

    payload: of a mail {"to", "operator", "subject", "text"}; of others {"site", "notifications":
    [{"id", "type", "level", "text", "at", "organization_id", "device_id", "alert_id", "data"}]}
    """

    id: UUID
    payload: Mapping[str, Any]
    attempt: int = 1


class SinkError(OwtuiError):
    """Sending failed. `perhaps`: it may have arrived all the same; then it is not sent again unless
    the sink repeats. `lasting`: another attempt would fail as well."""

    kind = Kind.UNREACHABLE

    def __init__(
        self, sentence: str, hint: str = "", *, perhaps: bool = False, lasting: bool = False
    ) -> None:
        super().__init__(sentence, hint)
        self.perhaps = perhaps
        self.lasting = lasting


class Sink(Protocol):
    """A way out. `deadline_s`: after that the outbox ends an attempt, whatever the sink does.

    repeats: what may have arrived is sent again; receivers must know repeats by the parcel's id.
    """

    @property
    def name(self) -> str: ...

    @property
    def deadline_s(self) -> float: ...

    @property
    def repeats(self) -> bool: ...

    async def send(self, parcel: Parcel, secret: Secret | None) -> None:
        """Send one. Raises SinkError."""


Make = Callable[[Settings], Sink | None]
"""Makes a sink of the settings, None where they ask for none. Raises InputError."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A sink that is left out, and why."""

    name: str
    sentence: str
    hint: str = ""


@dataclass(slots=True)
class Sinks:
    """The kinds of sinks, and those that the settings ask for."""

    known: dict[str, Make] = field(default_factory=dict)
    on: dict[str, Sink] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def load(cls, settings: Settings) -> Sinks:
        """Take in the modules of `sinks/` and the entry points, then make what is asked for.

        Out of the demo nothing is ever sent: its fleet is made up.
        """
        from owtui.engine.notifications import sinks as folder

        found = cls()
        plugins.load(found, folder, GROUP, found.leave_out)
        if settings.fleet != DEMO:
            found.make(settings)
        return found

    def register(self, module: ModuleType) -> None:
        """Let a module add its sink; one without `register` has none."""
        plugins.register(self, module)

    def leave_out(self, name: str, why: str) -> None:
        """Record that a plug-in is not taken in."""
        self.problems.append(_problem(name, why))

    def add(self, name: str, make: Make) -> None:
        """Take a kind in. Raises ValueError on a second one of the same name."""
        if name in self.known:
            raise ValueError(f"there are two sinks {name!r}")
        self.known[name] = make

    def make(self, settings: Settings) -> None:
        """Make those that the settings ask for; what cannot be made is a problem, not the end."""
        for name, make in self.known.items():
            try:
                made = make(settings)
            except InputError as error:
                self.problems.append(_problem(name, error.sentence.rstrip("."), error.hint))
                continue
            if made is not None:
                self.on[name] = made

    def get(self, name: str) -> Sink:
        """One that is on. Raises InputError."""
        if name in self.on:
            return self.on[name]
        for problem in self.problems:
            if problem.name == name:
                raise InputError(problem.sentence, problem.hint)
        if name in self.known:
            raise InputError(
                f"The sink {name} is not set up.",
                "See docs/notifications.md for the settings it needs.",
            )
        raise InputError(f"There is no sink “{name}”.", f"Known: {', '.join(sorted(self.known))}.")

    @property
    def streams(self) -> tuple[str, ...]:
        """Those that get all that everybody is told: all but mail, which goes to persons."""
        return tuple(name for name in self.on if name != EMAIL)


def _problem(name: str, reason: str, hint: str = "") -> Problem:
    return Problem(name, f"The sink {name} is left out: {reason}.", hint)
