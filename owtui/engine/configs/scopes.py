"""Variables by scope as screens list and set them, and the templates that groups give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui.engine.configs.masking import secret_name
from owtui.engine.configs.sheet import Scope, ScopeKind, Variable
from owtui.engine.configs.workbench import shown_value
from owtui.errors import InputError
from storage.errors import StorageError

if TYPE_CHECKING:
    from owtui.engine.engine import Engine


async def scopes(engine: Engine) -> list[Scope]:
    """Global, organizations and groups, with how many variables each has."""
    found = [
        Scope(
            "global",
            None,
            "all devices",
            variables=await _count(engine, "global"),
            devices=len(engine.fleet.rows),
        )
    ]
    for one in await engine.owners.rows():
        count = await _count(engine, f"org:{one['name']}")
        found.append(
            Scope("organization", one["id"], one["name"], variables=count, devices=one["devices"])
        )
    for one in await engine.owners.groups():
        group = await engine.configs.groups.get(one["id"])
        found.append(
            Scope(
                "group",
                one["id"],
                one["name"],
                one["organization"],
                await _count(engine, f"group:{one['organization']}/{one['name']}"),
                tuple((ref.id, ref.name) for ref in group.templates),
                one["devices"],
            )
        )
    return found


async def scopes_of(engine: Engine, device_id: UUID) -> list[Scope]:
    """The scopes that a variable of this device may be set in, the narrowest first."""
    row = engine.fleet.rows.get(device_id)
    found = (await engine.configs.loaded([device_id])).get(device_id)
    if row is None or found is None:
        return [Scope("global", None, "all devices")]
    group = [Scope("group", found.group_id, row.group)] if found.group_id else []
    return [
        Scope("device", device_id, row.name),
        *group,
        Scope("organization", found.organization_id, row.organization),
        Scope("global", None, "all devices"),
    ]


async def variables(
    engine: Engine, kind: ScopeKind, id_: UUID | None
) -> tuple[str, list[Variable]]:
    """The title of a scope, and its variables as they may be shown."""
    values = await _values(engine, kind, id_)
    title = await _title(engine, kind, id_)
    return title, [Variable(name, shown_value(name, what), kind) for name, what in values.items()]


async def value(engine: Engine, kind: ScopeKind, id_: UUID | None, name: str) -> tuple[Any, bool]:
    """A value to be changed, None for a secret one; and whether it is one."""
    if secret_name(name):
        return None, True
    return (await _values(engine, kind, id_)).get(name), False


async def set_value(
    engine: Engine, kind: ScopeKind, id_: UUID | None, name: str, what: Any
) -> None:
    """Give a variable a value. Raises StorageError."""
    if kind == "template":
        await _defaults(engine, id_, {name: what}, ())
    else:
        await engine.configs.variables.set(await _scope(engine, kind, id_), {name: what})


async def remove_value(engine: Engine, kind: ScopeKind, id_: UUID | None, name: str) -> None:
    """Take a value away. Raises StorageError."""
    if kind == "template":
        await _defaults(engine, id_, {}, (name,))
    else:
        await engine.configs.variables.unset(await _scope(engine, kind, id_), [name])


async def set_group_templates(engine: Engine, id_: UUID, chosen: Sequence[UUID]) -> None:
    """Say which templates a group gives."""
    await engine.configs.groups.set_templates(id_, list(chosen))


async def _defaults(
    engine: Engine, id_: UUID | None, values: dict[str, Any], gone: Sequence[str]
) -> None:
    assert id_ is not None  # a template has one
    text = await engine.configs.templates.get(id_)
    after = {k: v for k, v in {**text.default_values, **values}.items() if k not in gone}
    await engine.configs.templates.change(id_, expected=text.row.generation, default_values=after)


async def _values(engine: Engine, kind: ScopeKind, id_: UUID | None) -> dict[str, Any]:
    if kind == "template":
        assert id_ is not None  # a template has one
        return dict((await engine.configs.templates.get(id_)).default_values)
    return await engine.configs.variables.get(await _scope(engine, kind, id_))


async def _scope(engine: Engine, kind: ScopeKind, id_: UUID | None) -> str:
    """A scope as the shelf writes it."""
    if kind == "global":
        return "global"
    if kind == "organization":
        return f"org:{id_}"
    if kind == "device":
        assert id_ is not None  # only global has none
        return name_of(engine, id_)
    for one in await engine.owners.groups():
        if one["id"] == id_:
            return f"group:{one['organization']}/{one['name']}"
    raise InputError("There is no such group any more.", "See: owtui groups")


async def _title(engine: Engine, kind: ScopeKind, id_: UUID | None) -> str:
    if kind == "template":
        assert id_ is not None  # a template has one
        return f"template {(await engine.configs.templates.get(id_)).row.name}"
    if kind == "organization":
        known = [one["name"] for one in await engine.owners.rows() if one["id"] == id_]
        return f"organization {known[0]}" if known else "organization"
    said = await _scope(engine, kind, id_)
    return f"device {said}" if kind == "device" else said.replace("group:", "group ")


async def _count(engine: Engine, scope: str) -> int | None:
    """How many variables a scope has; None while the vault is closed."""
    try:
        return len(await engine.configs.variables.get(scope))
    except StorageError:
        return None


def name_of(engine: Engine, id_: UUID) -> str:
    """The name of a device. Raises InputError for one that is gone."""
    row = engine.fleet.rows.get(id_)
    if row is None:
        raise InputError("There is no such device any more.", "See: owtui devices")
    return row.name
