"""Variables as people write them: name=value, where a value that is JSON is taken as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from owtui.errors import InputError

_NAME = re.compile(r"(?:^|(?<=\s))([^\s=]+)=")
_WORDS = re.compile(r"[\s,]+")
EXAMPLE = "For example: ssid=Lobby channel=6"


def read_words(words: Iterable[str]) -> dict[str, Any]:
    """One name=value a word. Raises InputError for what is none, or twice the same name."""
    values: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        name = name.strip()
        if not equals or not name:
            raise InputError(f"“{word}” is no name=value.", EXAMPLE)
        if name in values:
            raise InputError(f"{name} is given twice.")
        values[name] = read_value(text)
    return values


def read_text(text: str) -> dict[str, Any]:
    """Several in one text: lines, words, or a JSON object.

    A value lasts until the next name=, so it may hold blanks: `ssid=Hotel Lobby, channel=6`.
    """
    if text.lstrip().startswith("{"):
        return _object(text)
    found = list(_NAME.finditer(text))
    before = text[: found[0].start()] if found else text
    if before.strip():
        raise InputError(f"“{before.strip()}” is no name=value.", EXAMPLE)
    ends = [one.start() for one in found[1:]]
    parts = [text[one.end() : end].strip() for one, end in zip(found, [*ends, None], strict=False)]
    words = [f"{one[1]}={part}" for one, part in zip(found, parts, strict=True)]
    return read_words([*(word.removesuffix(",") for word in words[:-1]), *words[-1:]])


def read_names(text: str) -> list[str]:
    """Names with commas, blanks or lines between them; each once, in their order."""
    return list(dict.fromkeys(filter(None, _WORDS.split(text))))


def read_list(text: str) -> list[str]:
    """Names that may hold blanks, with commas between them, or a JSON list of texts; each once."""
    found: Any = text.split(",")
    if text.lstrip().startswith("["):
        try:
            found = json.loads(text)
        except json.JSONDecodeError as error:
            raise InputError(f"This is no JSON list: {error.msg}.") from None
        if not all(isinstance(one, str) for one in found):
            raise InputError("This is no list of names.")
    return list(dict.fromkeys(filter(None, (one.strip() for one in found))))


def read_value(text: str) -> Any:
    """The value that a text stands for: JSON where it is JSON, else the text itself.

    A number that would be written another way than it was typed (1.10, 1e5, 007) stays a text,
    since a variable is put in as it is written.
    """
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except ValueError:
        return text
    if isinstance(found, int | float) and not isinstance(found, bool) and str(found) != text:
        return text
    return found


def refuse_secrets(names: Iterable[str], is_secret: Callable[[str], bool], hint: str) -> None:
    """Raise InputError where a name says that its value is a secret. `hint` is what to do."""
    secret = next((name for name in names if is_secret(name)), None)
    if secret is not None:
        raise InputError(
            f"{secret} is a secret by its name and cannot be given where others can read it.",
            hint.format(secret),
        )


def _object(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"This is no JSON object: {error.msg} at character {error.pos + 1}.", EXAMPLE
        ) from None
    assert isinstance(values, dict)  # it begins with a brace
    return values


def _no_constant(text: str) -> Any:
    raise ValueError(text)
