"""What is wrong with a configuration, every place of it, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from jsonschema.exceptions import ValidationError, relevance

from owtui.engine.configs import library
from owtui.engine.configs.masking import mask_json
from owtui.engine.configs.merge import MARKER, marker_problems, merge
from owtui.engine.configs.model import BACKEND, Json, Problem
from owtui.engine.configs.variables import evaluate, names
from owtui.errors import InputError

MOST = 50  # problems told of one configuration
FEW = 12  # values that a sentence can name
_KINDS = ("type", "proto", "mode", "protocol")  # what tells the alternatives of a schema apart


class ConfigError(InputError):
    """A configuration that cannot be used; `problems` says why, at least one."""

    def __init__(self, problems: Iterable[Problem], *, merged: bool = False) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        place = f'Invalid configuration triggered by "{first.path}"'
        said = f"{place}, validator says: {first.sentence}"
        more = len(self.problems) - 1
        rest = f" {more} more problem{'s' * (more > 1)}." if more else ""
        # OpenWISP's words, which its users search for.
        conflict = "There is a conflict with the specified templates. " if merged else ""
        super().__init__(f"{conflict}{said}{'' if said.endswith('.') else '.'}{rest}")

    @classmethod
    def of(cls, sentence: str) -> ConfigError:
        """One problem without a place in NetJSON."""
        return cls([Problem(sentence)])


def validate(
    config: Json, values: Json | None = None, backend: str = BACKEND
) -> tuple[Problem, ...]:
    """The problems of one layer, its variables replaced by `values` where they are defined.

    A template is checked with its default values, as OpenWISP does.
    """
    if backend not in library.backends():
        return (Problem(f"There is no backend {backend}.", "#"),)
    misused = tuple(marker_problems(config))
    if misused:
        return misused
    if _has_markers(config):
        config = merge([config])
    return problems_of(evaluate(config, values or {}), backend)


def problems_of(config: Any, backend: str = BACKEND) -> tuple[Problem, ...]:
    """The problems of a configuration whose variables are in place, by the backend's schema."""
    errors = sorted(library.validator(backend).iter_errors(config), key=relevance, reverse=True)
    found = [_problem(error) for error in errors[:MOST]]
    found.extend(_blocks(config, backend))
    if found:
        return tuple(found)
    said = library.own_rules(config, backend)
    return (Problem(said),) if said else ()


def pointer(steps: Iterable[Any]) -> str:
    """A path as JSON pointer: "#/radios/0"."""
    return "/".join(["#", *(str(step).replace("~", "~0").replace("/", "~1") for step in steps)])


def _problem(error: ValidationError) -> Problem:
    """Of what fits none of several alternatives, tell what is wrong with the one that is meant."""
    deepest = error
    while deepest.context:
        alternatives: dict[Any, list[ValidationError]] = {}
        for one in deepest.context:
            alternatives.setdefault(one.schema_path[0], []).append(one)
        meant = min(alternatives.values(), key=_distance)
        deepest = max(meant, key=lambda one: len(one.absolute_path))
    return Problem(_said(deepest), pointer(deepest.absolute_path))


def _said(error: ValidationError) -> str:
    """The validator's words, short of a list of hundreds; of a variable, what it lacks."""
    value = error.instance
    if isinstance(value, str) and (unset := sorted(names(value))):
        return f"{value!r} fits nothing here while {unset[0]} has no value: give it a default."
    allowed: Any = error.validator_value
    if error.validator == "enum" and len(allowed) > FEW:
        near = get_close_matches(str(value), map(str, allowed), 3, 0.4)
        some = ", ".join(map(repr, near or allowed[:3]))
        return f"{value!r} is not one of {len(allowed)} values, such as {some}"
    return _masked(error)


def _masked(error: ValidationError) -> str:
    """What it says; it begins with the value, which may hold secrets."""
    said, shown = str(error.message), repr(error.instance)
    if not said.startswith(shown):
        return said
    keys = [step for step in error.absolute_path if isinstance(step, str)]
    return repr(mask_json(error.instance, keys[-1] if keys else "")) + said[len(shown) :]


def _distance(errors: list[ValidationError]) -> tuple[bool, int]:
    """How far from what was meant: first whether it is another kind of thing altogether."""
    other_kind = any(
        one.validator == "enum" and one.absolute_path and one.absolute_path[-1] in _KINDS
        for one in errors
    )
    return other_kind, len(errors)


def _blocks(config: Any, backend: str) -> Iterator[Problem]:
    """UCI packages of one's own whose blocks the library would leave out without a word."""
    known = library.schema(backend).get("properties", {})
    for key, value in config.items() if isinstance(config, dict) else ():
        if key in known or not isinstance(value, list) or backend != BACKEND:
            continue
        for at, block in enumerate(value):
            if not isinstance(block, dict) or "config_name" not in block:
                yield Problem(
                    f"A section of the UCI package {key} needs a “config_name”, its type.",
                    pointer([key, at]),
                )


def _has_markers(value: Any) -> bool:
    if isinstance(value, dict):
        return MARKER in value or any(map(_has_markers, value.values()))
    return isinstance(value, list) and any(map(_has_markers, value))
