"""`owtui devices`: list, show, add, set, remove, import, export, scan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from owtui import columns
from owtui.cli.completing import devices as known
from owtui.cli.completing import filters
from owtui.cli.exits import BAD_INPUT, OK, SOME_FAILED
from owtui.cli.face import Face, command
from owtui.cli.group import VerbGroup
from owtui.cli.secrets import login_password
from owtui.errors import PROBLEMS, InputError, failure_of

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.engine.inventory.scan import Found
    from storage.rows import DeviceRow

# What a person sees in 80 columns; scripts get all of CONTRACT.
DEFAULT_COLUMNS = columns.VIEWS["fleet"]
CONTRACT = columns.VIEWS["json"]


def listed(rows: Sequence[DeviceRow], keys: Sequence[str]) -> list[dict[str, Any]]:
    """Rows as dictionaries of raw values, for JSON."""
    chosen, moment = [columns.get(key) for key in keys], datetime.now(UTC)
    return [columns.record(row, chosen, moment) for row in rows]


def show_rows(face: Face, rows: Sequence[DeviceRow], keys: Sequence[str]) -> None:
    """Print devices: as JSON with raw values, or as a table with units."""
    if face.output.machine:
        face.output.document(listed(rows, keys))
        return
    chosen, moment = [columns.get(key) for key in keys], datetime.now(UTC)
    face.output.table(
        [column.title for column in chosen],
        [[_cell(face, column, row, moment) for column in chosen] for row in rows],
    )


def show_one(face: Face, row: DeviceRow) -> None:
    """Print one device: as one JSON object, or as a table of one row."""
    if face.output.machine:
        face.output.document(listed([row], CONTRACT)[0])
    else:
        show_rows(face, [row], DEFAULT_COLUMNS)


def _cell(face: Face, column: columns.Column, row: DeviceRow, moment: Any) -> str:
    value = column.get(row, moment)
    if column.key == "state":
        return columns.symbol(str(value), ascii_only=face.output.ascii)
    text = column.text(value)
    return text.replace("–", "-") if face.output.ascii else text


@click.group(cls=VerbGroup)
def devices() -> None:
    """The inventory: list it, change it, import, export, scan for more.

    `owtui devices FILTER` lists; `name=add` means a device called add.
    """


@devices.command("list")
@click.argument("filter", nargs=-1, shell_complete=filters)
@click.option("--columns", "keys", help="Column keys, comma-separated; `all` for every one.")
@command
async def list_(face: Face, filter: tuple[str, ...], keys: str | None) -> int:
    """List devices, all or those of a FILTER."""
    chosen = _columns(keys) if keys else CONTRACT if face.output.machine else DEFAULT_COLUMNS
    async with face.engine() as engine:
        selection = face.select(engine, filter)
        show_rows(face, [engine.fleet.rows[id_] for id_ in selection.ids], chosen)
    return 0


async def _adopt(engine: Engine, found: Found, names: tuple[str, ...]) -> dict[str, Any]:
    """What came of adopting one; a router that lets nobody in does not end the scan."""
    try:
        return {"adopted": (await engine.scout.adopt(found, names)).as_dict()}
    except PROBLEMS as error:
        return {"error": failure_of(error).as_dict()}


def _columns(text: str) -> tuple[str, ...]:
    if text == "all":
        return tuple(column.key for column in columns.COLUMNS)
    return tuple(columns.get(key.strip()).key for key in text.split(",") if key.strip())


@devices.command()
@click.argument("name", shell_complete=known)
@command
async def show(face: Face, name: str) -> int:
    """Show everything known of one device."""
    async with face.engine() as engine:
        row = engine.device(name)
        keys = tuple(column.key for column in columns.COLUMNS)
        [told] = listed([row], keys)
        ways = await engine.inventory.ways(row.id)
    if face.output.machine:
        face.output.document(told | {"facts": row.facts, "logins": ways})
        return 0
    moment = datetime.now(UTC)
    for column in columns.COLUMNS:
        text = column.cell(row, moment)
        if text and text != "–":
            face.output.text(f"{column.key:<16}{text}")
    for way in ways:
        face.output.text(f"{'login':<16}{_way(way)}")
    for interface in (row.facts or {}).get("interfaces", ()):
        up = "up" if interface["up"] else "down"
        what = [interface["name"], up, interface["mac"], *interface["addresses"]]
        face.output.text(f"{'interface':<16}{'  '.join(filter(None, what))}")
    return 0


def _way(way: Mapping[str, Any]) -> str:
    what = [f"{way['credentials']} ({way['kind']}), {way['user']} at port {way['port']}"]
    if way["jump"]:
        what.append(f"through {', '.join(way['jump'])}")
    what += [f"{key} {way[key]}" for key in ("http_url", "http_tls", "prefer") if way[key]]
    return ", ".join(what)


@devices.command()
@click.argument("name")
@click.argument("address")
@click.option("--user", default="root", show_default=True)
@click.option("--key", type=click.Path(path_type=Path, dir_okay=False), help="Private key file.")
@click.option("--password-stdin", is_flag=True, help="Read the password, or the key's passphrase.")
@click.option("--agent", is_flag=True, help="Use the keys of the SSH agent.")
@click.option("--port", type=click.IntRange(1, 65_535), default=22, show_default=True)
@click.option("--http", "http_url", default="", help="ubus URL, e.g. https://192.0.2.1/ubus")
@click.option("--jump", default="", help="user@host:port of a jump host, several with commas.")
@click.option("--tag", "tags", multiple=True)
@click.option("--group", default="")
@click.option("--organization", default="")
@click.option("--zone", default="")
@command
async def add(face: Face, name: str, address: str, **given: Any) -> int:
    """Add one device. Without --key, --agent or --password-stdin the password is asked for."""
    from owtui.engine.inventory.desk import draft

    face.permit("Adding a device")
    password = login_password(given.pop("password_stdin"), given["key"], given["agent"])
    async with face.engine() as engine:
        row = await engine.inventory.add(draft(name, address, password=password, **given))
        show_one(face, row)
    return 0


@devices.command("set")
@click.argument("name", shell_complete=known)
@click.argument("pairs", nargs=-1, required=True, metavar="KEY=VALUE…")
@command
async def set_(face: Face, name: str, pairs: tuple[str, ...]) -> int:
    """Change what is remembered of a device.

    \b
    name address management_ip mac group tags zone notes deactivated
    credentials port http_url http_tls jump prefer legacy_host_keys

    An empty value clears: `owtui devices set ap-1 group=`.
    """
    face.permit("Changing a device")
    changes: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise InputError(f"“{pair}” is no key=value.", "For example: tags=roof,mesh")
        changes[key.strip()] = value
    async with face.engine() as engine:
        row = await engine.inventory.edit(engine.device(name), changes)
        show_one(face, row)
    return 0


@devices.command()
@click.argument("filter", nargs=-1, shell_complete=filters)
@click.option("--all", "everything", is_flag=True, help="Every device.")
@click.option("--force", is_flag=True, help="Also those that are not deactivated.")
@click.option("--yes", is_flag=True, help="Do it; without it the plan is printed.")
@command
async def remove(
    face: Face, filter: tuple[str, ...], everything: bool, force: bool, yes: bool
) -> int:
    """Forget devices, their state and connections. The routers themselves are not touched."""
    from owtui.cli.plans import plan_and_apply

    params = {"force": force}
    return await plan_and_apply(face, "remove_device", filter, everything, params, yes=yes)


@devices.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--format", "kind", type=click.Choice(["csv", "json", "ssh", "ansible"]))
@click.option("--skip-errors", is_flag=True, help="Import the good rows of a file with bad ones.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@command
async def import_(
    face: Face, file: Path, kind: str | None, skip_errors: bool, dry_run: bool
) -> int:
    """Import a CSV (OpenWISP's columns or ours), an OpenSSH config or an Ansible inventory.

    All or nothing, unless --skip-errors; what would happen is said first.
    """
    if not dry_run:
        face.permit("An import")
    async with face.engine() as engine:
        plan = await engine.inventory.plan_import(file, kind)
        for line in plan.describe():
            face.output.talk(line)
        if not dry_run:
            done = await engine.inventory.apply(plan, skip_errors=skip_errors)
            left = f", {len(done.left_out)} left out" if done.left_out else ""
            face.output.talk(
                f"imported: {len(done.created)} new, {len(done.updated)} changed{left}"
            )
        if face.output.machine:
            face.output.document(plan.as_dict())
    if dry_run:
        return BAD_INPUT if plan.errors else OK
    return SOME_FAILED if done.left_out else OK


@devices.command()
@click.argument("filter", nargs=-1, shell_complete=filters)
@click.option("--format", "kind", type=click.Choice(["csv", "json"]), help="csv, without --json.")
@command
async def export(face: Face, filter: tuple[str, ...], kind: str | None) -> int:
    """Print devices as CSV or JSON that `import` reads; secrets are never in it."""
    kind = kind or ("json" if face.output.machine else "csv")
    async with face.engine() as engine:
        selection = face.select(engine, filter)
        face.output.out.write(await engine.inventory.export(selection.ids, kind))
    return 0


@devices.command()
@click.argument("cidrs", nargs=-1, required=True, metavar="CIDR…")
@click.option(
    "--port",
    "ports",
    type=click.IntRange(1, 65_535),
    multiple=True,
    help="An SSH port to try, 22 without it; several may be given.",
)
@click.option("--adopt", is_flag=True, help="Add what lets us in, with its facts.")
@click.option("--credentials", "names", multiple=True, help="Credentials to try (all).")
@command
async def scan(
    face: Face, cidrs: tuple[str, ...], ports: tuple[int, ...], adopt: bool, names: tuple[str, ...]
) -> int:
    """Find routers by SSH banner, ubus and LuCI; --adopt adds those that let us in."""
    if adopt:
        face.permit("Adopting routers")
    found: list[dict[str, Any]] = []
    async with face.engine() as engine:
        async for one in engine.scout.scan(cidrs, ports=ports or (22,)):
            told = one.as_dict() | {"adopted": None, "error": None}
            if adopt and not one.device:
                told |= await _adopt(engine, one, names)
            found.append(told)
            if face.output.json_lines:
                face.output.line(told)
            elif not face.output.json:
                _show_found(face, told)
    if face.output.json:
        face.output.document(found)
    elif not found:
        face.output.talk("Nothing that looks like a router answers there.")
    return SOME_FAILED if any(told["error"] for told in found) else OK


def _show_found(face: Face, told: dict[str, Any]) -> None:
    what = [word for word in ("ubus", "luci") if told[word]]
    adopted, error = told["adopted"], told["error"]
    if told["device"]:
        what.append(f"known as {told['device']}")
    if adopted:
        what.append(f"added as {adopted['device']} ({adopted['model']})")
    where = f"{told['address']}:{told['port']}"
    face.output.text("  ".join([f"{where:<22}", told["ssh"] or "no SSH", *what]))
    for line in (adopted or {}).get("warning", ""), (error or {}).get("sentence", ""):
        if line:
            face.output.talk(f"{where}: {line.removeprefix(told['address'] + ': ')}")
