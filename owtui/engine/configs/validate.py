"""What is wrong with a configuration, every place of it, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from jsonschema.exceptions import ValidationError, relevance

from owtui.engine.configs import library, rules
from owtui.engine.configs.masking import mask_json
from owtui.engine.configs.merge import MARKER, copied, marker_problems, merge
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

    A template is checked with its default values, as OpenWISP does. Problems of level “warning” are
    no reason to refuse it. Variables that nothing defines may be defined elsewhere.
    """
    if backend not in library.backends():
        return (Problem(f"There is no backend {backend}.", "#"),)
    misused = tuple(marker_problems(config))
    if misused:
        return misused
    if _has_markers(config):
        config = merge([config])
    evaluated = evaluate(config, values or {})
    found = problems_of(evaluated, backend)
    if found or backend != BACKEND:
        return found
    return (*_converted(evaluated), *rules.doubts(evaluated, dsa=True))


def problems_of(config: Any, backend: str = BACKEND) -> tuple[Problem, ...]:
    """Why a configuration whose variables are in place cannot be used: schema and rules."""
    errors = sorted(library.validator(backend).iter_errors(config), key=relevance, reverse=True)
    found = [_problem(error) for error in errors[:MOST]]
    if backend == BACKEND:
        found.extend(rules.own_packages(config))
    return tuple(found) or beyond_schema(config, backend)


def beyond_schema(config: Json, backend: str = BACKEND) -> tuple[Problem, ...]:
    """The problems of a configuration that fits the schema."""
    said, steps = library.own_rules(config, backend)
    found = [Problem(said, pointer(steps))] if said else []
    if backend == BACKEND:
        found.extend(rules.errors(config))
    return tuple(found)


def _converted(config: Json) -> Iterator[Problem]:
    """What is wrong with the UCI of a layer, apart from what its open variables may still mend."""
    try:
        packages = library.packages(copied(config), dsa=True)
    except library.UnconvertibleError as error:
        if not names(config):
            yield Problem(error.sentence, pointer([error.key]))
        return
    for problem in rules.names(packages):
        if "{{" not in problem.sentence:
            yield problem


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


def _has_markers(value: Any) -> bool:
    if isinstance(value, dict):
        return MARKER in value or any(map(_has_markers, value.values()))
    return isinstance(value, list) and any(map(_has_markers, value))
