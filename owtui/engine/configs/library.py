"""netjsonconfig, and nothing else: its backends, schemas and converters behind plain functions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft4Validator
from jsonschema.exceptions import ValidationError as SchemaError
from netjsonconfig import OpenWisp, OpenWrt
from netjsonconfig.backends.base.backend import BaseBackend, format_checker
from netjsonconfig.exceptions import ValidationError

from owtui.engine.configs.merge import copied, merge_lists
from owtui.engine.configs.model import BACKEND, File, Json
from owtui.errors import OwtuiError

LEGACY = "netjsonconfig.OpenWisp"
_TRIGGERED = "Invalid configuration triggered by "
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


def own_rules(config: Json, backend: str = BACKEND) -> str:
    """What the library refuses beyond the schema, "" for nothing: radios, VLANs, paths of files.

    Asked of a configuration that fits the schema.
    """
    try:
        _rules(backend, config).validate()
    except (SchemaError, ValidationError) as error:
        return str(error.message).removeprefix(_TRIGGERED)
    return ""


def packages(config: dict[str, Any], *, dsa: bool) -> dict[str, list[Json]]:
    """UCI packages as lists of sections, in order. The steps may alter `config`: its files.

    Asked of a configuration without problems: the library would print of what it leaves out.
    """
    for key, value in config.items():
        config[key] = _quick(value)
    backend = _rules(BACKEND, config, dsa=dsa)
    made: dict[str, list[Json]] = backend.intermediate_data  # steps read what others made
    for step in OpenWrt.converters:
        if step.should_run_forward(config):
            _add_sections(made, step(backend).to_intermediate() or {})
    return made


def _add_sections(made: dict[str, list[Json]], more: Mapping[str, list[Json]]) -> None:
    """Join what another step made; sections of one name are one."""
    for package, sections in more.items():
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
