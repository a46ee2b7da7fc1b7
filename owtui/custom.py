"""What a user adds in the settings: actions on devices, and short names for command lines.

`[action.NAME]` becomes an action of the engine beside its own ones (see engine.actions.shell), so
menu, palette, `owtui plan|apply`, completion, audit and help have it by themselves. `[alias]` puts
words in the place of one, on the `:` line and on the command line. Read strictly: what is wrong is
an InputError with file, key and the nearest key.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from owtui import commands, keynames, template
from owtui.errors import InputError
from owtui.keymap import Key
from owtui.template import Template, TemplateError

KINDS = ("text", "number", "choice", "secret")
SCOPES = ("device",)
ACTION_KEYS = ("title", "help", "key", "scope", "command", "params", "changes", "timeout_s")
PARAM_KEYS = ("name", "title", "help", "kind", "default", "choices")
TIMEOUT_S = (0.1, 3600.0)
_NAME = re.compile(r"[a-z][a-z0-9_-]*\Z")
_PARAM = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class CustomParam:
    """What an own action asks for; without a default it must be given."""

    name: str
    title: str
    kind: str = "text"
    help: str = ""
    default: Any = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomAction:
    """A shell line for devices. `id` is its name with underscores, as all actions have it."""

    id: str
    title: str
    help: str
    command: str
    template: Template
    params: tuple[CustomParam, ...] = ()
    key: str = ""
    changes: bool = True
    timeout_s: float | None = None


def actions(table: Any, file: Path) -> dict[str, CustomAction]:
    """The `[action.NAME]` tables of one file, by id. Raises InputError."""
    if not isinstance(table, dict):
        raise InputError(f"{file}: action must be a table, [action.NAME].")
    found: dict[str, CustomAction] = {}
    for name, given in table.items():
        where = _Where(file, f"action.{name}")
        if not _NAME.match(name):
            raise where.error("", "must be called with a-z, 0-9, - and _, a letter first")
        made = _action(name.replace("-", "_"), given, where)
        if made.id in found:
            raise where.error("", "is there twice: - and _ are the same")
        found[made.id] = made
    return found


def aliases(table: Any, file: Path) -> dict[str, str]:
    """The `[alias]` table of one file. Raises InputError; `check_aliases` looks where they lead."""
    if not isinstance(table, dict):
        raise InputError(f"{file}: alias must be a table, [alias].")
    for name, text in table.items():
        where = _Where(file, "alias")
        if not _NAME.match(name):
            raise where.error(name, "must be called with a-z, 0-9, - and _, a letter first")
        if not isinstance(text, str) or not text.strip():
            raise where.error(name, f"must be a command line, not {text!r}")
        if name in _first_words():
            raise where.error(name, "is the name of a command", "Choose another name.")
        try:
            shlex.split(text)
        except ValueError:
            raise where.error(name, "has a quote that is not closed") from None
    return dict(table)


def check_aliases(known: Mapping[str, str], files: Mapping[str, Path]) -> None:
    """Refuse one that leads to no command, or back to itself. Raises InputError."""
    for name in known:
        where, seen = _Where(files[name], "alias"), [name]
        while (word := known[seen[-1]].split()[0]) in known:
            if word in seen:
                raise where.error(name, f"leads back to itself: {' → '.join([*seen, word])}")
            seen.append(word)
        if word not in _first_words():
            near = get_close_matches(word, {*_first_words(), *known}, 1)
            hint = f"Did you mean {near[0]}?" if near else "`owtui --help` lists the commands."
            raise where.error(name, f"begins with “{word}”, which is no command", hint)


def expand(line: str, known: Mapping[str, str]) -> str:
    """A line with its first word replaced by what it stands for; checked aliases come to an end."""
    while True:
        first, space, rest = line.strip().partition(" ")
        if first not in known:
            return line
        line = known[first] + space + rest


def keys(custom: Collection[CustomAction]) -> tuple[Key, ...]:
    """An entry of the keymap for each own action, so that it can be given another key by id."""
    return tuple(
        Key(
            id=f"own.{one.id}",
            keys=(one.key,) if one.key else (),
            label=one.id.replace("_", " "),
            help=one.title,
            scope="device",
            changes=one.changes,
            priority=33,
        )
        for one in custom
    )


def schema() -> dict[str, Any]:
    """The JSON schemas of `action` and `alias`, for editors."""
    text = {"type": "string"}
    param = {
        "type": "object",
        "properties": {
            **dict.fromkeys(PARAM_KEYS, text),
            "kind": {"enum": list(KINDS)},
            "default": {"type": ["string", "number"]},
            "choices": {"type": "array", "items": text, "minItems": 1},
        },
        "required": ["name"],
        "additionalProperties": False,
    }
    least, most = TIMEOUT_S
    action = {
        "type": "object",
        "properties": {
            **dict.fromkeys(ACTION_KEYS, text),
            "scope": {"enum": list(SCOPES), "default": SCOPES[0]},
            "params": {"type": "array", "items": param},
            "changes": {"type": "boolean", "default": True},
            "timeout_s": {"type": "number", "minimum": least, "maximum": most},
        },
        "required": ["title", "command"],
        "additionalProperties": False,
    }
    return {
        "action": {"type": "object", "additionalProperties": action},
        "alias": {"type": "object", "additionalProperties": text},
    }


@dataclass(frozen=True, slots=True)
class _Where:
    """A table of a file, for telling what is wrong in it."""

    file: Path
    table: str

    def error(self, key: str, what: str, hint: str = "") -> InputError:
        """The sentence: file, key, what is wrong with it."""
        at = f"{self.table}.{key}" if key else self.table
        return InputError(f"{self.file}: {at} {what}.", hint)

    def only(self, given: Any, known: Collection[str]) -> dict[str, Any]:
        """The table, which holds known keys alone."""
        if not isinstance(given, dict):
            raise self.error("", "must be a table")
        for key in given:
            if key not in known:
                near = get_close_matches(key, known, 1)
                hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
                raise InputError(f"{self.file}: unknown key “{self.table}.{key}”.", hint)
        return given

    def text(self, given: Mapping[str, Any], key: str, default: str | None = None) -> str:
        """A text; one that has no default must be there."""
        value = given.get(key, default)
        if value is None:
            raise self.error(key, "is missing")
        if not isinstance(value, str) or "\0" in value or (default is None and not value.strip()):
            raise self.error(key, f"must be a text, not {value!r}")
        return value

    def one_of(self, given: Mapping[str, Any], key: str, known: Collection[str]) -> str:
        """One of a few words, the first by default."""
        value = self.text(given, key, next(iter(known)))
        if value not in known:
            near = get_close_matches(value, known, 1)
            hint = f"Did you mean {near[0]}?" if near else ""
            raise self.error(key, f"must be one of {', '.join(known)}, not “{value}”", hint)
        return value


def _action(id_: str, given: Any, where: _Where) -> CustomAction:
    table = where.only(given, ACTION_KEYS)
    title, command = where.text(table, "title"), where.text(table, "command").strip()
    where.one_of(table, "scope", SCOPES)
    changes = table.get("changes", True)
    if not isinstance(changes, bool):
        raise where.error("changes", f"must be true or false, not {changes!r}")
    params = _params(table.get("params", []), where)
    return CustomAction(
        id=id_,
        title=" ".join(title.split()),
        help=where.text(table, "help", "") or f"Run: {' '.join(command.split())[:60]}",
        command=command,
        template=_template(command, params, where),
        params=params,
        key=_key(table, where),
        changes=changes,
        timeout_s=_timeout(table, where),
    )


def _template(command: str, params: tuple[CustomParam, ...], where: _Where) -> Template:
    try:
        made = template.parse(command)
    except TemplateError as error:
        raise where.error("command", f"cannot be used: {error}", "See docs/plugins.md.") from None
    names = [param.name for param in params]
    for name in made.names:
        if name not in names:
            near = get_close_matches(name, names, 1)
            raise where.error(
                "command",
                f"has {{{name}}}, which is no parameter of it",
                f"Did you mean {{{near[0]}}}?"
                if near
                else f"Add it to params, or write {{{{{name}}}}} for the text itself.",
            )
    for name in names:
        if name not in made.names:
            raise where.error("params", f"has {name}, which the command does not use")
    return made


def _key(table: Mapping[str, Any], where: _Where) -> str:
    text = where.text(table, "key", "")
    if not text:
        return ""
    key = keynames.normal(text)
    if key is None:
        hint = "Write it like “i”, “f6” or “ctrl+e”."
        raise where.error("key", f"is no key: “{text}”", hint)
    return key


def _timeout(table: Mapping[str, Any], where: _Where) -> float | None:
    value, (least, most) = table.get("timeout_s"), TIMEOUT_S
    if value is None:
        return None
    if not _is_number(value) or not least <= value <= most:
        raise where.error("timeout_s", f"must be {least:g} to {most:g} seconds, not {value!r}")
    return float(value)


def _params(given: Any, where: _Where) -> tuple[CustomParam, ...]:
    if not isinstance(given, list):
        raise where.error("params", "must be a list of tables")
    found: dict[str, CustomParam] = {}
    for number, one in enumerate(given, 1):
        inner = _Where(where.file, f"{where.table}.params[{number}]")
        param = _param(inner.only(one, PARAM_KEYS), inner)
        if param.name in found:
            raise inner.error("name", f"is there twice: “{param.name}”")
        found[param.name] = param
    return tuple(found.values())


def _param(table: Mapping[str, Any], where: _Where) -> CustomParam:
    name = where.text(table, "name")
    if not _PARAM.match(name):
        raise where.error("name", f"must be a-z, 0-9 and _, a letter first, not “{name}”")
    kind = where.one_of(table, "kind", KINDS)
    choices = table.get("choices", [])
    good = isinstance(choices, list) and all(isinstance(one, str) and one for one in choices)
    if not good or (kind == "choice") != bool(choices):
        raise where.error("choices", "must be a list of texts, and is for kind = “choice” alone")
    default = table.get("default")
    if default is not None and not _DEFAULTS[kind](default, choices):
        raise where.error("default", f"is none for kind = “{kind}”: {default!r}")
    title = where.text(table, "title", name.replace("_", " ").capitalize())
    help_ = where.text(table, "help", "")
    return CustomParam(name, title, kind, help_, default, tuple(cast("list[str]", choices)))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


_DEFAULTS: dict[str, Callable[[Any, list[str]], bool]] = {
    "text": lambda value, choices: isinstance(value, str),
    "number": lambda value, choices: _is_number(value),
    "choice": lambda value, choices: value in choices,
    "secret": lambda value, choices: False,  # a secret in a settings file is none
}


def _first_words() -> frozenset[str]:
    """The words that begin a command, on the `:` line or the command line."""
    return frozenset(
        word for one in commands.COMMANDS for word in (one.name.split()[0], *one.aliases)
    )
