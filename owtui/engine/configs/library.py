"""netjsonconfig, and nothing else: its backends, schemas and converters behind plain functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from jsonschema import Draft4Validator
from jsonschema.exceptions import ValidationError as SchemaError
from netjsonconfig import OpenWisp, OpenWrt
from netjsonconfig.backends.base.backend import BaseBackend, format_checker
from netjsonconfig.exceptions import ValidationError

from owtui.engine.configs.merge import copied, merge_lists
from owtui.engine.configs.model import BACKEND, File, Json
from owtui.engine.configs.steps import STEPS
from owtui.errors import InputError, OwtuiError

LEGACY = "netjsonconfig.OpenWisp"
_PLACED = re.compile(r'Invalid configuration triggered by "#/([^"]*)" says: (.*)')
# What the library raises on what it does not know: it checks little of what it reads.
FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OwtuiError,
    SchemaError,
    TypeError,
    ValidationError,
    ValueError,
)
_BACKENDS: dict[str, Any] = {BACKEND: OpenWrt, LEGACY: OpenWisp}


def backends() -> tuple[str, ...]:
    """The names of the backends, the default first."""
    return tuple(_BACKENDS)


def schema(backend: str = BACKEND) -> dict[str, Any]:
    """The JSON schema of a backend; not to be altered."""
    found: dict[str, Any] = _BACKENDS[backend].schema
    return found


@cache
def validator(backend: str = BACKEND) -> Any:
    """The compiled schema, with the library's formats."""
    return Draft4Validator(schema(backend), format_checker=format_checker)


def has_format(text: str, name: str) -> bool:
    """Whether a text has one of JSON schema's formats, as the library checks them."""
    return bool(format_checker.conforms(text, name))


def own_rules(config: Json, backend: str = BACKEND) -> tuple[str, Sequence[Any]]:
    """What the library refuses beyond the schema and where, "" for nothing.

    Radios, VLANs, paths of files. Asked of a configuration that fits the schema.
    """
    try:
        _rules(backend, config).validate()
    except (SchemaError, ValidationError) as error:
        cause = getattr(error, "details", error)
        if placed := _PLACED.fullmatch(str(cause.message)):
            return placed[2], placed[1].split("/")
        return str(cause.message), list(cause.absolute_path)
    return "", ()


class UnconvertibleError(InputError):
    """The library cannot make UCI of what its schema lets through; `key` is NetJSON's."""

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__(sentence)
        self.key = key


def packages(
    config: dict[str, Any], *, dsa: bool, tell: Callable[[str], None] | None = None
) -> dict[str, list[Json]]:
    """UCI packages as lists of sections, in order. The steps may alter `config`: its files.

    `tell` hears of sections that are lost to others of their name. Raises UnconvertibleError. Asked
    of a configuration without problems: the library would print of what it leaves out.
    """
    for key, value in config.items():
        config[key] = _quick(value)
    backend = _rules(BACKEND, config, dsa=dsa)
    made: dict[str, list[Json]] = backend.intermediate_data  # steps read what others made
    for step in STEPS:
        if not step.should_run_forward(config):
            continue
        key = step.netjson_key or ""
        try:
            sections = step(backend).to_intermediate() or {}
        except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
            why = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            what = f"“{key}”" if key else "A package beside NetJSON's keys"
            raise UnconvertibleError(key, f"{what} cannot be rendered: {why}.") from error
        _add_sections(key, made, sections, tell)
    return made


def _add_sections(
    key: str,
    made: dict[str, list[Json]],
    more: Mapping[str, list[Json]],
    tell: Callable[[str], None] | None,
) -> None:
    """Join what another step made; sections of one name are one."""
    for package, sections in more.items():
        types = {one[".name"]: one[".type"] for one in made.get(package, ())}
        seen = set()
        for one in sections:
            name, kind = one[".name"], one[".type"]
            if name and types.get(name, kind) != kind:
                raise UnconvertibleError(
                    key or package,
                    f"Section “{name}” of {package} would be of two types, {types[name]} and "
                    f"{kind}: give one of them another name.",
                )
            if name and name in seen and tell is not None:
                tell(f"Two sections of {package} are named “{name}”: they become one.")
            seen.add(name)
            types[name] = kind
        if package in made:
            made[package] = merge_lists(made[package], list(sections), (".name",))
        else:
            made[package] = list(sections)


def legacy_files(config: dict[str, Any], name: str) -> dict[str, File]:
    """The files of another backend, as it makes them itself."""
    made = _backend(config, name, dsa=False)
    files: dict[str, File] = {}

    def collect(tar: Any, name: str, contents: str, mode: str = "0644") -> None:
        files["/" + name] = File(contents.encode("utf-8", "surrogateescape"), int(mode, 8))

    made._add_file = collect
    made.generate()
    return files


def parse(text: str, *, dsa: bool = True) -> dict[str, Any]:
    """UCI text as NetJSON, as far as the library understands it."""
    parsed: dict[str, Any] = OpenWrt(native=text, dsa=dsa).config
    return parsed


class _Dict(dict[str, Any]):
    """Copied in a tenth of the time: each step makes a deep copy of what it reads."""

    def __deepcopy__(self, memo: Any) -> Any:
        return copied(self)


class _List(list[Any]):
    """The same for a list."""

    def __deepcopy__(self, memo: Any) -> Any:
        return copied(self)


def _quick(value: Any) -> Any:
    if isinstance(value, dict):
        return _Dict(value)
    return _List(value) if isinstance(value, list) else value


class _WithoutSchema(BaseBackend):  # type: ignore[misc]  # the library has no types
    """Stands for BaseBackend in the order of inheritance: the schema is ours to check."""

    def validate(self) -> None:
        self._validate_file_paths()


class _OpenWrtRules(OpenWrt, _WithoutSchema):  # type: ignore[misc]
    """Only what OpenWrt's backend checks itself."""


class _OpenWispRules(OpenWisp, _WithoutSchema):  # type: ignore[misc]
    """The same of the legacy one."""


_RULES: dict[str, Any] = {BACKEND: _OpenWrtRules, LEGACY: _OpenWispRules}


def _rules(name: str, config: Json, *, dsa: bool = True) -> Any:
    """A backend around this very configuration: the library's own would copy it."""
    made = _RULES[name]({}, dsa=dsa)
    made.config = config
    made.intermediate_data = {}
    return made


def _backend(config: dict[str, Any], name: str, *, dsa: bool) -> Any:
    return _BACKENDS[name](config, dsa=dsa)
