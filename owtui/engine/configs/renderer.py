"""One renderer for all who render in this process: the desk, its impact, the doors of agents."""

from __future__ import annotations

import threading
from typing import Protocol

from owtui.engine.configs import bulk
from owtui.engine.configs.model import Rendered, Subject


class Render(Protocol):
    """What renders one device. Raises ConfigError, InputError for what cannot be rendered."""

    def __call__(self, subject: Subject) -> Rendered: ...


class Renderer:
    """bulk.Renderer for several threads: each device by itself, so that nobody waits long."""

    def __init__(self) -> None:
        self._bulk = bulk.Renderer()
        self._lock = threading.Lock()

    def __call__(self, subject: Subject) -> Rendered:
        """The files of a device. Raises ConfigError, InputError."""
        with self._lock:
            return self._bulk.render(subject)
