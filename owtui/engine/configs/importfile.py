"""Files of templates, groups and variables as items: our own, and OpenWISP's templates.

OpenWISP's are a list of templates, one template, a page of its REST API ({"results": […]}), or what
Django's dumpdata writes, of which the templates are taken.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from owtui.errors import InputError

SIZE_BYTES = 64 * 2**20
KINDS = ("template", "group", "variables")
_MODEL = "config.template"
_TEXT, _OBJECT, _FLAG, _SECONDS = (str,), (Mapping,), (bool,), (int,)
_TYPES: Mapping[str, tuple[type, ...]] = {
    "type": _TEXT,
    "backend": _TEXT,
    "notes": _TEXT,
    "description": _TEXT,
    "tags": (list, str),
    "templates": (list,),
    "default": _FLAG,
    "required": _FLAG,
    "config": _OBJECT,
    "default_values": _OBJECT,
    "variables": _OBJECT,
    "meta_data": _OBJECT,
    "guard_window_s": _SECONDS,
    "guard_settle_s": _SECONDS,
    "upgrade_window": _TEXT,
}
_SAID = {str: "a text", list: "a list", bool: "true or false", int: "a whole number"}
_MAY_BE_NULL = ("tags", "default_values", "notes", "guard_window_s", "guard_settle_s")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a file holds. `organization` None: shared, global, or the default one."""

    kind: str
    name: str
    source: str
    organization: str | None = None
    fields: Mapping[str, Any] = field(repr=False, default_factory=dict)


def read(path: Path) -> list[Item]:
    """The items of a JSON file, or of all that lie in a folder. Raises InputError."""
    if path.is_dir():
        files = sorted(one for one in path.rglob("*.json") if _is_visible(one, path))
        if not files:
            raise InputError(f"There is no JSON file in {path}.")
        return [item for one in files for item in parse(_text(one), str(one.relative_to(path)))]
    return list(parse(_text(path), path.name))


def parse(text: str, source: str) -> Iterator[Item]:
    """The items of a JSON text. Raises InputError with the line."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{source} is no JSON: line {error.lineno}: {error.msg}.") from None
    if isinstance(value, dict) and isinstance(value.get("results"), list):
        if value.get("next"):
            raise InputError(
                f"{source} is one page of several.",
                "Ask for all at once: ?page_size=100, or join them.",
            )
        value = value["results"]
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, Mapping) and "model" in one and "fields" in one:
            if one["model"] == _MODEL:
                yield _item(_dumped(one["fields"]), source)
        else:
            yield _item(one, source)


def _dumped(fields: Any) -> Any:
    """The fields of a dumped template: JSON within them may be text, as older versions have it."""
    if not isinstance(fields, Mapping):
        return fields
    found = dict(fields)
    for name in ("config", "default_values"):
        if isinstance(found.get(name), str):
            with suppress(ValueError):
                found[name] = json.loads(found[name])
    return found


def _item(value: Any, source: str) -> Item:
    if not isinstance(value, Mapping):
        raise InputError(f"{source} holds something that is no JSON object.")
    kind = value.get("owtui", "template" if "config" in value else "")
    if kind not in KINDS:
        raise InputError(
            f"{source} holds neither a template nor a group nor variables.",
            "A template has at least a “name” and a “config”.",
        )
    owner = value.get("organization")
    name = "" if kind == "variables" else str(value.get("name") or "").strip()
    if not name and kind != "variables":
        raise InputError(f"{source} holds a {kind} without a name.")
    _check_types(value, f"{source}: {name or kind}")
    return Item(kind, name or "variables", source, str(owner) if owner else None, value)


def _check_types(value: Mapping[str, Any], said: str) -> None:
    for field_, types in _TYPES.items():
        given = value.get(field_)
        if field_ not in value or (given is None and field_ in _MAY_BE_NULL):
            continue
        if not isinstance(given, types) or (types is _SECONDS and isinstance(given, bool)):
            wanted = _SAID.get(types[0], "a JSON object")
            raise InputError(f"{said}: “{field_}” is not {wanted}.")
        if isinstance(given, list) and not all(isinstance(one, str) for one in given):
            raise InputError(f"{said}: “{field_}” is no list of texts.")


def _is_visible(path: Path, folder: Path) -> bool:
    return not any(part.startswith(".") for part in path.relative_to(folder).parts)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > SIZE_BYTES:
            raise InputError(f"{path.name} is larger than 64 MiB.")
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8.") from None
