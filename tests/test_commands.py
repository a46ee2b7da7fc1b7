"""One registry of verbs: parsed and completed the same way in every face."""

from __future__ import annotations

import pytest

from owtui import commands, keymap
from owtui.errors import InputError


def test_names_aliases_and_keys_are_sound() -> None:
    names = [name for c in commands.COMMANDS for name in (c.name, *c.aliases)]
    assert len(names) == len(set(names))
    known = {key.id for key in keymap.KEYS}
    assert all(c.key in known for c in commands.COMMANDS if c.key)
    assert all(c.scope in keymap.SCOPES and c.faces <= commands.BOTH for c in commands.COMMANDS)


@pytest.mark.parametrize(
    ("line", "name", "arguments"),
    [
        ("dev ap-* tag=roof", "devices", {"filter": "ap-* tag=roof"}),
        ("devices", "devices", {}),
        ("devices add ap-1 10.0.0.1", "devices add", {"name": "ap-1", "address": "10.0.0.1"}),
        ("devices show 'my ap'", "devices show", {"name": "my ap"}),
        ("run uptime -p @ap-* cpu>80", "run", {"command": "uptime -p", "filter": "ap-* cpu>80"}),
        ("run 'uptime; id' tag=roof", "run", {"command": "uptime; id", "filter": "tag=roof"}),
        ("run uptime", "run", {"command": "uptime"}),
        ('filter name="a b"', "filter", {"filter": 'name="a b"'}),
        ("devices set a notes=x z=y", "devices set", {"name": "a", "key=value": "notes=x z=y"}),
        ("job 41", "jobs", {"id": "41"}),
        ("jobs retry 41", "jobs retry", {"id": "41"}),
        ("q", "quit", {}),
    ],
)  # fmt: skip
def test_a_line_is_taken_apart(line: str, name: str, arguments: dict[str, str]) -> None:
    call = commands.parse(line)
    assert (call.command.name, dict(call.arguments)) == (name, arguments)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", "no command “”"),
        ("devces", "no command “devces”"),
        ("devices show", "devices show needs NAME"),
        ("run @ap-*", "run needs COMMAND"),
        ("jobs 4 5", "“5” is too much"),
        ("devices show 'ap", "quote is not closed"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_why(line: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        commands.parse(line)


def test_a_mistyped_command_gets_the_nearest_one() -> None:
    with pytest.raises(InputError) as refused:
        commands.parse("devces ap")
    assert refused.value.hint == "The nearest is devices."


def test_names_complete_and_read_only_hides_what_changes() -> None:
    assert commands.complete("devices s") == ["devices show", "devices set", "devices scan"]
    assert "run" in commands.complete("r")
    assert "run" not in commands.complete("r", read_only=True)
    assert "demo" not in commands.complete("de") and "demo" in commands.complete("de", face="cli")


def test_arguments_complete_from_their_source() -> None:
    sources = {
        "filter": lambda typed: [typed + "=roof"] if typed.endswith("tag") else [],
        "device": lambda typed: [n for n in ("ap-1", "gw") if n.startswith(typed)],
        "action": lambda typed: [n for n in ("reboot",) if n.startswith(typed)],
    }
    assert commands.complete("dev ap-* tag", sources) == ["dev ap-* tag=roof"]
    assert commands.complete("devices show g", sources) == ["devices show gw"]
    assert commands.complete("apply re", sources) == ["apply reboot"]
    assert commands.complete("apply reboot tag", sources) == ["apply reboot tag=roof"]


def test_usage_is_one_line() -> None:
    usage = {c.name: c.usage for c in commands.COMMANDS}
    assert usage["run"] == "run COMMAND [FILTER]"
    assert usage["devices set"] == "devices set NAME KEY=VALUE…"
