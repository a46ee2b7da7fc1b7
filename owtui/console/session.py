"""What every screen shares: settings, keys, symbols, the bridge, and the fleet as last told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.console.bridge import Bridge
from owtui.console.keys import Keys
from owtui.settings import Loaded, Settings
from widgets.glyphs import ASCII, UTF8, Glyphs

if TYPE_CHECKING:
    from storage.rows import DeviceRow


@dataclass(slots=True)
class Session:
    """One run of the console. `now` is injected so that screenshots have a frozen clock."""

    loaded: Loaded
    keys: Keys
    bridge: Bridge
    glyphs: Glyphs
    marks: set[UUID] = field(default_factory=set)
    filter: str = ""
    paused: bool = False
    running_jobs: int = 0

    @classmethod
    def of(cls, loaded: Loaded, bridge: Bridge) -> Session:
        """Make a session from the settings. Raises InputError for a keymap that cannot be."""
        chosen = loaded.settings
        return cls(loaded, Keys.of(chosen), bridge, ASCII if chosen.ascii else UTF8)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.loaded.settings

    @property
    def rows(self) -> Mapping[UUID, DeviceRow]:
        """The fleet's devices by id, in the order of their names; empty until it is loaded."""
        engine = self.bridge.engine
        return engine.fleet.rows if engine is not None else {}

    def now(self) -> datetime:
        """The present, in UTC."""
        return datetime.now(UTC)
