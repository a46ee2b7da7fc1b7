"""netjsonconfig, and nothing else: its backends, schemas and converters behind plain functions."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft4Validator
from netjsonconfig import OpenWisp, OpenWrt
from netjsonconfig.backends.base.backend import format_checker

from owtui.engine.configs.model import BACKEND, File

LEGACY = "netjsonconfig.OpenWisp"
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


def own_rules(config: dict[str, Any], backend: str = BACKEND) -> str:
    """What the library refuses beyond the schema, "" for nothing: radios, VLANs, paths of files."""
    from jsonschema.exceptions import ValidationError as SchemaError
    from netjsonconfig.exceptions import ValidationError

    checked = _backend(config, backend, dsa=True)
    try:
        checked._validate_radios()
        checked._validate_file_paths()
        checked.validate()
    except (SchemaError, ValidationError) as error:
        return str(error.message)
    return ""


def packages(config: dict[str, Any], *, dsa: bool) -> dict[str, list[Mapping[str, Any]]]:
    """UCI packages as lists of sections, in order; the configuration is used up."""
    backend = _backend(config, BACKEND, dsa=dsa)
    backend.validate = lambda: None  # done before, with every problem told
    with contextlib.redirect_stdout(io.StringIO()):  # it prints of blocks that it skips
        backend.to_intermediate()
    return {name: list(blocks) for name, blocks in backend.intermediate_data.items() if blocks}


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


def _backend(config: dict[str, Any], name: str, *, dsa: bool) -> Any:
    return _BACKENDS[name](config, dsa=dsa)
