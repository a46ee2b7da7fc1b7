"""Configurations and variables on their way in: files as JSON or YAML, secrets by pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

from owtui.errors import InputError

LARGEST = 8 * 1024 * 1024  # bytes; a configuration with files in it may have some hundred thousand
STDIN = "-"

Kind = Literal["json", "yaml"]


def read_object(file: str, talk: Callable[[str], None]) -> dict[str, Any]:
    """The object that a file holds, "-" being standard input.

    `talk` is told of what is doubtful in it. Raises InputError with the line of what is wrong.
    """
    from owtui.engine.configs.source import parse

    text, kind = read_text(file)
    said = name_of(file)
    found = parse(text, kind)
    wrong = [one for one in found.problems if one.level == "error"]
    if wrong or found.config is None:
        place = f"{said}, line {wrong[0].line}" if wrong and wrong[0].line else said
        sentence = wrong[0].sentence if wrong else "It holds no object."
        raise InputError(f"{place}: {sentence}", _more(len(wrong) - 1))
    for one in found.problems:
        talk(f"{said}, line {one.line}: {one.sentence}")
    return found.config


def read_text(file: str) -> tuple[str, Kind]:
    """The text of a file, and which kind it is: by its ending, else by how it begins."""
    if file == STDIN:
        text = sys.stdin.read(LARGEST + 1)
        if len(text) > LARGEST:
            raise _too_large(file)
    else:
        text = _text_of(Path(file).expanduser())
    return text, kind_of(file, text)


def kind_of(file: str, text: str) -> Kind:
    """JSON or YAML; what has no ending that says so and begins with a brace is JSON."""
    ending = Path(file).suffix.lower()
    if ending == ".json":
        return "json"
    if ending in (".yaml", ".yml"):
        return "yaml"
    return "json" if text.lstrip()[:1] in ("{", "[", "") else "yaml"


def name_of(file: str) -> str:
    """How a sentence calls a file."""
    return "standard input" if file == STDIN else file


def read_values(given: str, talk: Callable[[str], None]) -> tuple[dict[str, Any], bool]:
    """Values as `--values` takes them: a JSON object, or a file that holds one.

    Also whether they stood on the command line, where others can read them.
    """
    from owtui.engine.configs.pairs import read_text as read_pairs

    if given.lstrip().startswith("{"):
        return read_pairs(given), True
    return read_object(given, talk), False


def from_stdin(names: Iterable[str]) -> dict[str, str]:
    """A secret for each name: one line of standard input each, or typed unseen at a terminal.

    Raises InputError for too few or too many lines.
    """
    wanted = list(dict.fromkeys(names))
    if wanted and sys.stdin.isatty():
        import click

        return {name: click.prompt(name, hide_input=True, err=True) for name in wanted}
    lines = sys.stdin.read().splitlines() if wanted else []
    if len(lines) != len(wanted):
        raise InputError(
            f"Standard input must hold {len(wanted)} line(s): {', '.join(wanted)}.",
            "One line a secret, in the order of --stdin.",
        )
    return dict(zip(wanted, lines, strict=True))


def _text_of(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST:
            raise _too_large(str(file))
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{file} is no text: byte {error.start + 1} is not UTF-8.", "Give JSON or YAML."
        ) from None
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from None


def _too_large(file: str) -> InputError:
    return InputError(f"{name_of(file)} is larger than {LARGEST // 1024 // 1024} MiB.")


def _more(number: int) -> str:
    return f"{number} more are wrong with it." if number > 0 else ""
