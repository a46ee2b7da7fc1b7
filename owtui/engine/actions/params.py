"""Parameters: from the text of a form or `-p name=value` to checked values.

Every action has a JSON schema, its own or derived from its `params`; what breaks it is said in the
words of the schema validator, which are OpenWISP's words too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from owtui.engine.actions.base import Action, Param
from owtui.errors import InputError

_TYPES: dict[str, Any] = {
    "text": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "choice": {"type": "string"},
    "secret": {"type": "string"},
    "file": {
        "type": "object",
        "required": ["id", "name", "size", "sha256"],
        "properties": {
            "id": {"type": "string"},
            "name": {"type": "string"},
            "size": {"type": "integer"},
            "sha256": {"type": "string"},
        },
    },
}
_YES = ("1", "true", "yes", "on", "y")
_NO = ("0", "false", "no", "off", "n")


def schema_of(action: Action) -> Mapping[str, Any]:
    """The JSON schema of an action's parameters, secrets included."""
    if action.schema is not None:
        return action.schema
    properties = {}
    for param in action.params:
        properties[param.name] = dict(_TYPES[param.kind])
        if param.choices:
            properties[param.name]["enum"] = list(param.choices)
    return {
        "type": "object",
        "properties": properties,
        "required": [param.name for param in action.params if param.required],
        "additionalProperties": False,
    }


def parse_text(action: Action, pairs: Iterable[str]) -> dict[str, Any]:
    """Read `name=value` texts by the kinds of the parameters.

    A `file` stays the local path, to be stored by whoever plans. Raises InputError: no such
    parameter, no value of its kind, or a secret, which never is on a command line.
    """
    known = {param.name: param for param in action.params}
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise InputError(f"“{pair}” is no parameter.", "Write it as -p name=value.")
        if name not in known:
            raise InputError(f"{action.id} has no parameter “{name}”.", _hint(name, known))
        if known[name].kind == "secret":
            raise InputError(
                f"{name} is a secret and cannot be given with -p, where others can read it.",
                "Leave it out: it is asked at the terminal, or read with --password-stdin.",
            )
        values[name] = _value(known[name], text)
    return values


def complete(action: Action, params: Mapping[str, Any]) -> dict[str, Any]:
    """Add the defaults and check everything that is no secret. Raises InputError."""
    values = {
        param.name: param.default
        for param in action.params
        if param.kind != "secret" and param.default is not None
    }
    values.update(params)
    secrets = secret_names(action)
    for name in secrets:
        if name in values:
            raise InputError(
                f"{name} is a secret and never enters a plan.", "Give it when you submit the plan."
            )
    schema = dict(schema_of(action))
    schema["properties"] = {
        name: value for name, value in schema["properties"].items() if name not in secrets
    }
    schema["required"] = [name for name in schema.get("required", ()) if name not in secrets]
    missing = [name for name in schema["required"] if name not in values]
    if missing:
        raise InputError(f"{action.id} needs {', '.join(missing)}.", _needs(action, missing))
    validate(schema, values)
    action.check(values)
    return values


def check_secrets(
    action: Action, secrets: Mapping[str, str], asked: Collection[str] | None = None
) -> None:
    """Check the secret parameters by the same schema; no message ever holds a value.

    `asked` are those that the other parameters call for: they must be there, and no further ones.
    """
    properties = schema_of(action)["properties"]
    known = {param.name: param for param in action.params if param.kind == "secret"}
    for name in secrets:
        if name not in known:
            raise InputError(f"{action.id} has no secret “{name}”.", _hint(name, known))
    for name, param in known.items():
        if name not in secrets:
            if param.required or name in (asked or ()):
                raise InputError(f"{param.title} is missing.", f"{action.id} needs {name}.")
            continue
        if asked is not None and name not in asked:
            raise InputError(f"{param.title} is given and nothing asks for it.", param.help)
        rule = properties[name]
        shortest, longest = rule.get("minLength", 1), rule.get("maxLength", 4096)
        if not shortest <= len(secrets[name]) <= longest:
            raise InputError(f"{param.title} must have {shortest} to {longest} characters.")
        if errors(rule, secrets[name]):
            raise InputError(f"{param.title} may not hold white space only.")
        action.check_secret(name, secrets[name])


def secret_names(action: Action) -> tuple[str, ...]:
    """The names of the secret parameters, in order."""
    return tuple(param.name for param in action.params if param.kind == "secret")


def validate(schema: Mapping[str, Any], value: Any) -> None:
    """Raise InputError with the first thing that breaks the schema."""
    if said := errors(schema, value):
        raise InputError(said[0])


def errors(schema: Mapping[str, Any], value: Any) -> list[str]:
    """What breaks the schema, in words; a `message` in the schema speaks for an empty text."""
    from jsonschema import Draft4Validator  # 60 ms, wanted only where something is checked

    found = sorted(Draft4Validator(schema).iter_errors(value), key=lambda error: str(error.path))
    return [
        error.schema["message"]
        if error.validator == "minLength" and "message" in error.schema
        else error.message
        for error in found
    ]


def _value(param: Param, text: str) -> Any:
    if param.kind in ("int", "float"):
        cast: Callable[[str], float] = int if param.kind == "int" else float
        try:
            return cast(text)
        except ValueError:
            wanted = "a whole number" if param.kind == "int" else "a number"
            raise InputError(f"{param.name} must be {wanted}, not “{text}”.") from None
    if param.kind == "bool":
        word = text.strip().lower()
        if word not in (*_YES, *_NO):
            raise InputError(f"{param.name} must be yes or no, not “{text}”.")
        return word in _YES
    if param.choices and text not in param.choices:
        raise InputError(f"{param.name} must be one of {', '.join(param.choices)}, not “{text}”.")
    return text


def _needs(action: Action, names: Iterable[str]) -> str:
    said = {param.name: param.help or param.title for param in action.params}
    return f"On the command line: {' '.join(f'-p {n}=… ({said.get(n, n)})' for n in names)}."


def _hint(name: str, known: Mapping[str, Param]) -> str:
    near = get_close_matches(name, known, 1)
    if near:
        return f"Did you mean {near[0]}?"
    return f"There are: {', '.join(known)}." if known else "It takes none."
