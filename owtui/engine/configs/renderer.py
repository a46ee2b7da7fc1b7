"""Rendering of many devices: what was found valid once is not asked again.

Validation is nine tenths of the cost of rendering. The schema has no rule across the top-level keys
of a configuration, so each key is proven by itself, and devices with the same radios or services
share the proof.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Protocol

from owtui.engine.configs import archive
from owtui.engine.configs.model import BACKEND, Problem, Rendered, Subject
from owtui.engine.configs.render import configuration, files_of
from owtui.engine.configs.subjects import digest_of
from owtui.engine.configs.validate import ConfigError, problems_of
from owtui.engine.configs.variables import names

MOST = 200_000  # proofs kept, some 20 MB


class Render(Protocol):
    """What renders one device. Raises InputError for what cannot be rendered."""

    def __call__(self, subject: Subject) -> Rendered: ...


class Renderer:
    """`render.render` with a memory; from any thread."""

    def __init__(self) -> None:
        self._proven: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, subject: Subject) -> Rendered:
        """The files of a device. Raises ConfigError with every problem."""
        config = configuration(subject)
        found = self.problems(config, subject.backend)
        if found:
            raise ConfigError(found, merged=True)
        files = files_of(config, subject)
        packed = archive.pack(files)
        return Rendered(files, packed, archive.checksum(packed), tuple(sorted(names(config))))

    def problems(self, config: Mapping[str, Any], backend: str) -> tuple[Problem, ...]:
        """The problems of a configuration whose variables are in place."""
        if backend != BACKEND:  # its own rules look across keys
            return problems_of(config, backend)
        proofs = {key: digest_of([backend, key, value]) for key, value in config.items()}
        open_ = {key: config[key] for key, proof in proofs.items() if proof not in self._proven}
        if not open_:
            return ()
        found = problems_of(open_, backend)
        if not found:
            with self._lock:
                if len(self._proven) > MOST:
                    self._proven.clear()
                self._proven.update(proofs[key] for key in open_)
        return found
