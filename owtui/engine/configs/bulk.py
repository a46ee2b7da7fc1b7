"""Many devices at once: what they share is merged and validated once.

Nothing is taken on trust: layers are shared by identity of their content, and a configuration goes
unvalidated only where the schema could not tell it from one that was found valid (see alike.py).
What the library checks beyond its schema, it checks on each.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from owtui.engine.configs.alike import outline, questions
from owtui.engine.configs.merge import merge_two
from owtui.engine.configs.model import Layer, Problem, Rendered, Subject
from owtui.engine.configs.render import evaluated, rendered
from owtui.engine.configs.validate import ConfigError, beyond_schema, problems_of

KEPT = 2_000  # of what was found valid or merged; beyond it memory would grow with a long session


@dataclass(slots=True)
class Renderer:
    """Renders devices one after the other and remembers what they have in common.

    Not for two threads at once. `render(subject)` gives what render.render gives, and raises it.
    """

    _merged: dict[tuple[int, ...], tuple[tuple[Layer, ...], dict[str, Any]]] = field(
        default_factory=dict
    )
    _valid: set[tuple[str, Hashable]] = field(default_factory=set)

    def render(self, subject: Subject) -> Rendered:
        """The files of a device. Raises ConfigError, InputError."""
        config, unset = evaluated(subject, self._below(subject.layers))
        found = self._problems(config, subject.backend)
        if found:
            raise ConfigError(found, merged=True)
        return rendered(config, subject, unset)

    def _below(self, layers: tuple[Layer, ...]) -> dict[str, Any]:
        """The layers merged, by the shortest way from what was merged before."""
        key = tuple(id(layer.config) for layer in layers)
        if key in self._merged:
            return self._merged[key][1]
        if not layers:
            return {}
        merged = merge_two(self._below(layers[:-1]), layers[-1].config)
        if len(self._merged) >= KEPT:
            self._merged.clear()
        self._merged[key] = (layers, merged)  # the layers, so that their ids stay theirs
        return merged

    def _problems(self, config: dict[str, Any], backend: str) -> tuple[Problem, ...]:
        asked = questions(backend)
        if asked is None:
            return problems_of(config, backend)
        key = (backend, outline(config, asked))
        if key in self._valid:
            return beyond_schema(config, backend)
        found = problems_of(config, backend)
        if not found:
            if len(self._valid) >= KEPT:
                self._valid.clear()
            self._valid.add(key)
        return found
