"""Own actions and aliases in the settings: read strictly, told by file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from owtui import custom, keymap, settings
from owtui.errors import InputError

PING = """
[action.ping-it]
title = "Ping"
command = "ping -c {count} {host}"
key = "B"
changes = false
timeout_s = 20
params = [{name = "host"}, {name = "count", kind = "number", default = 3}]
"""


def load(folder: Path, text: str) -> settings.Loaded:
    file = folder / "config.toml"
    file.write_text(text)
    return settings.load({"HOME": str(folder)}, config=file)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(InputError) as error:
        load(folder, text)
    file = f"{folder / 'config.toml'}: "
    assert error.value.sentence.startswith(file)
    return f"{error.value.sentence.removeprefix(file)} {error.value.hint}".strip()


def test_an_action_is_read_with_all_it_says(tmp_path: Path) -> None:
    [action] = load(tmp_path, PING).actions
    assert (action.id, action.title, action.key) == ("ping_it", "Ping", "B")
    assert (action.changes, action.timeout_s) == (False, 20.0)
    assert action.help == "Run: ping -c {count} {host}"
    assert [(one.name, one.title, one.kind, one.default) for one in action.params] == [
        ("host", "Host", "text", None),
        ("count", "Count", "number", 3),
    ]


def table(more: str, head: str = 'title = "T"\ncommand = "true"\n') -> str:
    return f"[action.one]\n{head}{more}\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (table('titel = "x"'), "unknown key “action.one.titel”. Did you mean title?"),
        (table('scope = "devise"'), "scope must be one of device, not “devise”. Did you mean"),
        (table("", 'title = "T"'), "action.one.command is missing."),
        (table("", 'title = ""\ncommand = "x"'), "action.one.title must be a text, not ''."),
        (table('changes = "no"'), "action.one.changes must be true or false, not 'no'."),
        (table("timeout_s = 0"), "timeout_s must be 0.1 to 3600 seconds, not 0."),
        (table('key = "ctrl+nope"'), "action.one.key is no key: “ctrl+nope”. Write it like"),
        (table('params = ["host"]'), "action.one.params[1] must be a table."),
        (table('params = [{nam = "a"}]'), "“action.one.params[1].nam”. Did you mean name?"),
        (table('params = [{name = "a"}]'), "action.one.params has a, which the command does not"),
        ("action = 3", "action must be a table, [action.NAME]."),
        ("[action]\none = 3", "action.one must be a table."),
        ("[action.Nope]", "action.Nope must be called with a-z"),
        (
            table("", 'title = "T"\ncommand = "ping {hots}"\nparams = [{name = "host"}]'),
            "command has {hots}, which is no parameter of it. Did you mean {host}?",
        ),
        (
            table("", 'title = "T"\ncommand = "ping {host}"'),
            "Add it to params, or write {{host}} for the text itself.",
        ),
        (
            table("", """title = "T"\ncommand = "ping '{a}'"\nparams = [{name = "a"}]"""),
            "command cannot be used: {a} stands in quotes; take them away",
        ),
        (
            table(
                "",
                'title = "T"\ncommand = "x {a}"\nparams = [{name="a", kind="number", default="3"}]',
            ),
            "params[1].default is none for kind = “number”: '3'.",
        ),
        (
            table(
                "",
                'title = "T"\ncommand = "x {a}"\nparams = [{name="a", kind="secret", default="s"}]',
            ),
            "params[1].default is none for kind = “secret”",
        ),
        (
            table("", 'title = "T"\ncommand = "x {a}"\nparams = [{name="a", kind="choice"}]'),
            "params[1].choices must be a list of texts",
        ),
        (
            table("", 'title = "T"\ncommand = "x {a}"\nparams = [{name="a", kind="secrt"}]'),
            "kind must be one of text, number, choice, secret, not “secrt”. Did you mean secret?",
        ),
        (
            table("") + '[action."a-b"]\ntitle="T"\ncommand="x"\n[action.a_b]\ntitle="T"\n'
            'command="x"',
            "action.a_b is there twice",
        ),
        ('[alias]\nup = "rnu uptime"', "begins with “rnu”, which is no command. Did you mean run?"),
        ('[alias]\na = "b"\nb = "a x"', "alias.a leads back to itself: a → b → a."),
        ('[alias]\na = "a"', "alias.a leads back to itself: a → a."),
        ('[alias]\nrun = "devices"', "alias.run is the name of a command. Choose another name."),
        ('[alias]\ngroups = "devices"', "alias.groups is the name of a command."),
        ('[alias]\na = ""', "alias.a must be a command line, not ''."),
        ('[alias]\na = "run \'x"', "alias.a has a quote that is not closed."),
        ('alias = "x"', "alias must be a table, [alias]."),
    ],
)
def test_a_mistake_is_told_with_file_key_and_the_nearest(
    tmp_path: Path, text: str, told: str
) -> None:
    assert told in refusal(tmp_path, text)


def test_aliases_of_aliases_come_to_an_end(tmp_path: Path) -> None:
    known = load(tmp_path, '[alias]\nroof = "devices tag=roof"\nbad = "roof !status=ok"').aliases
    assert custom.expand("bad cpu>80", known) == "devices tag=roof !status=ok cpu>80"
    assert custom.expand("devices", known) == "devices"


def test_own_keys_are_remapped_by_id_and_checked_for_clashes(tmp_path: Path) -> None:
    own = custom.keys(load(tmp_path, PING).actions)
    assert keymap.clashes(own=own) == ()
    [key] = [one for one in keymap.resolve({"own.ping_it": "f6"}, own=own) if one.id[:4] == "own."]
    assert (key.keys, key.changes, key.scope) == (("f6",), False, "device")
    [clash] = keymap.clashes({"own.ping_it": "x"}, own=own)
    assert clash.sentence == "x means act.run_command and own.ping_it at once."
    with pytest.raises(InputError, match=r"no key id “own\.pong”"):
        keymap.resolve({"own.pong": "f6"}, own=own)
