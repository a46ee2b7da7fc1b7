"""What a shell's Tab gets: commands and options from Click, filters, devices and jobs from us.

Nothing heavy is imported, and names are read with the standard library: an answer takes about
0.15 s. Whatever goes wrong gives no completions: nobody reads an error between two keys.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem, ShellComplete, get_completion_class

from owtui import columns, settings
from owtui.cli.aliases import expanded
from owtui.cli.globals import Globals, options_named, take

COMPLETE = "_OWTUI_COMPLETE"
STATUSES = ("ok", "problem", "critical", "unknown", "deactivated")
_ID = re.compile(r'^    id = "(\w+)"', re.MULTILINE)
_BREAKS = "=:<>"  # where bash cuts a word: what it shows and replaces is the last piece


def shell(name: str) -> ShellComplete:
    """Click's completion for a shell. Raises click.UsageError for one that it does not know."""
    found = get_completion_class(name)
    if found is None:
        raise click.UsageError(f"There is no completion for {name}.")
    from owtui.cli.app import root

    return found(root, {}, "owtui", COMPLETE)


def script(name: str) -> str:
    """The script that a shell sources. A key of a filter gets no space after its `=`."""
    text = shell(name).source()
    if name == "bash":
        nospace = "COMPREPLY+=($value)\n            [[ $value == *= ]] && compopt -o nospace"
        text = text.replace("COMPREPLY+=($value)", nospace)
    if name == "zsh":
        adding = "compadd -U -V unsorted -a completions"
        apart = (
            'compadd -U -V unsorted -S "" -- ${(M)completions:#*=}\n'
            "        compadd -U -V unsorted -- ${completions:#*=}"
        )
        text = text.replace(adding, apart)
    # Whatever else may go wrong, nobody reads it between two keys.
    return (
        text.replace("_complete $1)", "_complete $1 2>/dev/null)")
        .replace("_complete owtui)", "_complete owtui 2>/dev/null)")
        .replace("(commandline -t) owtui)", "(commandline -t) owtui 2>/dev/null)")
    )


def answer(instruction: str) -> int:
    """Answer the script: `instruction` is like `bash_complete`."""
    name, _, verb = instruction.partition("_")
    if verb == "source":
        sys.stdout.write(script(name) + "\n")
        return 0
    asked = shell(name)
    try:
        args, typed = asked.get_completion_args()
        if name == "bash":
            *args, typed = glued([*args, typed])
        found = offered(asked, args, typed)
    except Exception:  # noqa: BLE001 — a Tab: no completions are better than a traceback
        return 0
    skip = max(typed.rfind(c) for c in _BREAKS) + 1 if name == "bash" else 0
    for item in found:
        item.value = item.value[skip:]
        sys.stdout.write(asked.format_completion(item) + "\n")
    return 0


def offered(asked: ShellComplete, args: list[str], typed: str) -> list[CompletionItem[Any]]:
    """What may stand for `typed` after these words. Raises InputError, click.ClickException."""
    options, rest = take(args)
    aliases = options.load().aliases
    more, rest = expanded(aliases, rest)
    asked.ctx_args["obj"] = options.over(more)
    found = asked.get_completions(rest, typed)
    if not rest:
        found += [CompletionItem(name) for name in aliases if name.startswith(typed)]
    if typed.startswith("-") and "--" not in args:
        found += [CompletionItem(name) for name in options_named(typed)]
    return found


def glued(words: list[str]) -> list[str]:
    """Words as they were typed: bash cuts `tag=roof` into three."""
    whole: list[str] = []
    for word in words:
        is_break = bool(word) and not word.strip(_BREAKS)
        if whole and (is_break or whole[-1][-1:] in tuple(_BREAKS)):
            whole[-1] += word
        else:
            whole.append(word)
    return whole


def filters(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Keys, some values, and names of devices, for a FILTER."""
    key, op, value = _test(typed)
    if op:
        return [f"{key}{op}{found}" for found in _values(ctx, key.lower(), value)]
    keys = [f"{column.key}=" for column in columns.COLUMNS if column.key.startswith(typed.lower())]
    return (keys if typed else []) + devices(ctx, param, typed)


def devices(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Names of devices."""
    from storage import glance

    file = _database(ctx)
    return list(glance.device_names(file, typed)) if file else []


def templates(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Names of templates."""
    from storage import glance

    file = _database(ctx)
    return list(glance.template_names(file, typed)) if file else []


def groups(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Names of groups."""
    from storage import glance

    file = _database(ctx)
    return list(glance.group_names(file, typed)) if file else []


def topologies(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Labels of topologies, and all of them."""
    from storage import glance

    file = _database(ctx)
    found = list(glance.topology_labels(file, typed)) if file else []
    return found + [word for word in ("all",) if word.startswith(typed)]


def formats(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Ids of topology formats, which are the names of their files; plug-ins would take too long."""
    folder = Path(__file__).parents[1] / "engine" / "topology" / "formats"
    texts = {file.stem: file.read_text("utf-8") for file in folder.glob("*.py")}
    ids = [name for name, text in texts.items() if "\ndef register(" in text]
    return sorted(id_ for id_ in ids if id_.startswith(typed))


def scopes(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Whose variables: everybody's, a group's, a device's."""
    kind, colon, name = typed.partition(":")
    if colon:
        found = groups(ctx, param, name) if kind == "group" else []
        return [f"{kind}:{one}" for one in found]
    named = [one for one in ("global", "group:", "org:") if one.startswith(typed)]
    return named + devices(ctx, param, typed)


def checks(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Types of checks, those of plug-ins too."""
    from owtui.engine.monitoring.checks.registry import Checks

    return [type_ for type_ in Checks.load().types if type_.startswith(typed)]


def jobs(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Numbers of the newest jobs."""
    from storage import glance

    file = _database(ctx)
    return [number for number in glance.jobs(file) if number.startswith(typed)] if file else []


def actions(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Ids of actions, as settings and files of their folder have them; loading takes too long."""
    folder = Path(__file__).parents[1] / "engine" / "actions"
    texts = (file.read_text("utf-8") for file in folder.glob("*.py"))
    ids = {id_ for text in texts if "\ndef register(" in text for id_ in _ID.findall(text)}
    ids |= {own.id for own in _loaded(ctx).actions}
    return sorted(id_ for id_ in ids if id_.startswith(typed))


def _test(typed: str) -> tuple[str, str, str]:
    found = re.match(r"(!?[A-Za-z_]+)([=:])(.*)", typed)
    return (found[1], found[2], found[3]) if found else (typed, "", "")


def _values(ctx: click.Context, key: str, typed: str) -> list[str]:
    from storage import glance

    if key == "status":
        return [status for status in STATUSES if status.startswith(typed)]
    file = _database(ctx)
    if file is None:
        return []
    if key == "name":
        return list(glance.device_names(file, typed))
    if key in ("tag", "tags"):
        return [tag for tag in glance.tags(file, typed) if " " not in tag]
    return []


def _database(ctx: click.Context) -> Path | None:
    """The SQLite file of the fleet; another kind of database is not asked between two keys."""
    url = settings.database_url(_loaded(ctx))
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def _loaded(ctx: click.Context) -> settings.Loaded:
    return (ctx.find_root().obj or Globals()).load()
