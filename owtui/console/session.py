"""What every screen shares: settings, keys, symbols, the bridge, and the fleet as last told."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui import custom, keymap
from owtui.console.bench import Bench
from owtui.console.bridge import Bridge
from owtui.console.drafts import Drafts
from owtui.console.keys import Keys
from owtui.console.noticing import MOST, Told
from owtui.console.timetravel import Past
from owtui.errors import InputError
from owtui.settings import Loaded, Settings
from widgets.glyphs import ASCII, UTF8, Glyphs

if TYPE_CHECKING:
    from owtui.engine.monitoring.alerts.entries import Counts
    from owtui.engine.monitoring.failing import Failing
    from owtui.engine.monitoring.past import Picture
    from storage.rows import DeviceRow


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Session:
    """One run of the console. `now` is injected so that screenshots have a frozen clock."""

    loaded: Loaded
    keys: Keys
    bridge: Bridge
    glyphs: Glyphs
    now: Callable[[], datetime] = _utc_now
    paused: bool = False
    mouse: bool = True  # ours, or left to the terminal
    failed: str = ""  # why there is no engine
    warnings: list[str] = field(default_factory=list)  # about the settings; told once at start
    typed: list[str] = field(default_factory=list)  # the history of the `:` line
    jobs: list[dict[str, Any]] = field(default_factory=list)  # the newest first
    alerts: Counts | None = None  # the open ones; None until they were counted
    fails: Mapping[UUID, tuple[Failing, ...]] = field(default_factory=dict)  # unhealthy metrics now
    ill: Mapping[UUID, str] = field(default_factory=dict)  # the statuses when they were read
    notices: deque[Told] = field(default_factory=lambda: deque(maxlen=MOST))
    unread: int = 0  # notifications that the operator has not read
    submitted: set[UUID] = field(default_factory=set)  # jobs of ours whose end nobody has seen yet
    drafts: Drafts = field(default_factory=Drafts)  # edits that are not saved
    template_names: tuple[str, ...] = ()  # as last seen; they complete commands
    busy: Mapping[UUID, str] = field(default_factory=dict)  # what a job does on a device now
    past: Past | None = None  # what is shown in the place of now

    @classmethod
    def of(cls, loaded: Loaded, bridge: Bridge, now: Callable[[], datetime] = _utc_now) -> Session:
        """Make a session; a keymap that cannot be used is a warning, and the default one holds."""
        chosen, own = loaded.settings, custom.keys(loaded.actions)
        warnings = []
        try:
            keys = Keys.of(chosen, own)
            warnings += [c.sentence for c in keymap.clashes(chosen.keys, chosen.keys_preset, own)]
        except InputError as error:
            keys = Keys.plain(chosen, own)
            warnings.append(f"{error.sentence} {error.hint} The default keys are used.")
        glyphs = ASCII if chosen.ascii else UTF8
        return cls(loaded, keys, bridge, glyphs, now, mouse=chosen.mouse, warnings=warnings)

    @property
    def bench(self) -> Bench:
        """The engine's workbench for configurations."""
        return Bench(self.bridge)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.loaded.settings

    @property
    def rows(self) -> Mapping[UUID, DeviceRow]:
        """The fleet's devices by id, in the order of their names; empty until it is loaded."""
        if self.past is not None:
            return self.past.picture.rows
        engine = self.bridge.engine
        return engine.fleet.rows if engine is not None else {}

    @property
    def failing(self) -> Mapping[UUID, tuple[Failing, ...]]:
        """The unhealthy metrics by device; of another time they are not known, never today's."""
        return self.fails if self.past is None else {}

    @property
    def then(self) -> datetime | None:
        """The moment that is shown in the place of now."""
        return self.past.picture.at if self.past is not None else None

    @property
    def present(self) -> datetime:
        """What time it is, whatever is shown."""
        return self.past.clock() if self.past is not None else self.now()

    def go_back(self, picture: Picture) -> None:
        """Show the fleet as this picture has it, with the time it is of for now."""
        clock = self.past.clock if self.past is not None else self.now
        self.past = Past(picture, clock)
        self.now = lambda: picture.at

    def come_back(self) -> None:
        """Show what is now."""
        if self.past is not None:
            self.now, self.past = self.past.clock, None

    @property
    def stands_still(self) -> bool:
        """Whether what is shown does not follow what happens: frozen, or of another time."""
        return self.paused or self.past is not None

    @property
    def running_jobs(self) -> int:
        """How many jobs are not over yet."""
        return sum(job["finished"] is None for job in self.jobs)
