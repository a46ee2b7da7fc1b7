"""`owtui config-file`: what is set, whether the file is right, a first one, its schema."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import click

from owtui import custom, keymap, settings
from owtui.cli.face import Face
from owtui.cli.group import VerbGroup
from owtui.errors import InputError
from owtui.settinghelp import HELP, masked, toml

_JSON = {
    "str": "string",
    "bool": "boolean",
    "int": "integer",
    "float": "number",
}

_EXAMPLES = """
## Short names for command lines, here and after `:` in the console.
# [alias]
# up = "run uptime"

## Your own actions, run on devices; docs/plugins.md says all of it.
# [action.ping]
# title = "Ping from the device"
# command = "ping -c {count} {host}"
# key = "i"
# changes = false
# params = [
#     {name = "host"},
#     {name = "count", kind = "number", default = 3},
# ]"""


@click.group(cls=VerbGroup, default="show")
def config_file() -> None:
    """The settings file: show, check, init or schema."""


@config_file.command()
@click.pass_obj
def show(face: Face) -> None:
    """Print the settings in force, whatever set them."""
    loaded = face.loaded
    values = {key: masked(key, value) for key, value in asdict(loaded.settings).items()}
    own = _own(loaded)
    if face.output.machine:
        told = {"files": [str(f) for f in loaded.files]}
        origins = {key: asdict(loaded.origin(key)) for key in values}
        face.output.document({**values, **own, **told, "origins": origins})
        return
    for file in loaded.files:
        face.output.talk(f"read {file}")
    for key, value in values.items():
        origin = loaded.origin(key)
        why = "" if origin == settings.DEFAULT else f"  # {origin.words()}"
        face.output.text(f"{key} = {toml(value)}{why}")
    for name, table in (("alias", own["alias"]), *_named(own["action"])):
        if table:
            face.output.text(f"\n[{name}]")
        for key, value in table.items():
            face.output.text(f"{key} = {toml(value)}")


@config_file.command()
@click.pass_obj
def check(face: Face) -> None:
    """Say whether the settings can be read: exit 0, or 2 with file, key and the nearest key."""
    # Face.of has read them already and would have said so; only keys and actions are others'.
    from owtui.engine.actions.registry import Registry  # 0.5 s, for the ids of all actions

    loaded = face.loaded
    own = custom.keys(loaded.actions)
    keymap.resolve(loaded.settings.keys, loaded.settings.keys_preset, own)
    if problems := Registry.load(loaded.actions).problems:
        raise InputError(problems[0].sentence, "Give it another name, or repair the plug-in.")
    files = ", ".join(map(str, face.loaded.files)) or "no file: all defaults"
    face.output.text(f"good: {files}")


@config_file.command()
@click.pass_obj
def init(face: Face) -> None:
    """Write a first settings file with every key and its default, commented out."""
    file = face.globals.config_file or face.loaded.paths.config / "config.toml"
    if file.exists():
        raise InputError(f"{file} is there already.", "`owtui config-file show` reads it.")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    defaults = asdict(settings.Settings())
    lines = ["# owtui's settings. A [fleet.NAME] section overrides them for one fleet.\n"]
    lines += [f"## {HELP[key]}\n# {key} = {toml(value)}\n" for key, value in defaults.items()]
    lines.append(_EXAMPLES)
    file.write_text("\n".join(lines) + "\n", "utf-8")
    file.chmod(0o600)
    face.output.text(str(file))


@config_file.command()
@click.pass_obj
def schema(face: Face) -> None:
    """Print the JSON schema of the settings file, for editors."""
    values: dict[str, Any] = {
        f.name: {
            "type": _JSON.get(str(f.type), "object"),
            "default": default,
            "description": HELP[f.name],
        }
        for f in fields(settings.Settings)
        for default in [asdict(settings.Settings())[f.name]]
    }
    fleet = {"type": "object", "properties": values, "additionalProperties": False}
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "owtui",
        "type": "object",
        "properties": {
            **values,
            "fleet": {"type": "object", "additionalProperties": fleet},
            **custom.schema(),
        },
        "additionalProperties": False,
    }
    face.output.document(document)


def _own(loaded: settings.Loaded) -> dict[str, dict[str, Any]]:
    """Aliases and own actions, as their tables are written."""
    actions = {
        one.id: {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(one).items()
            if key not in ("id", "template") and value not in (None, "", ())
        }
        for one in loaded.actions
    }
    return {"alias": dict(loaded.aliases), "action": actions}


def _named(actions: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(f"action.{name}", table) for name, table in actions.items()]
