"""rpcd's uci object: a staging area for each session, and apply with rollback.

Errors are those of the captures: an unknown package is 4 for those who may read all, and an
apply while one is pending is 6, a confirm with nothing pending 5.
"""

from __future__ import annotations

from typing import Any

from ..uci import Package, Section, UciError, Value
from ..ucistore import CONFIG, REMOVE, RENAME, SET, Change, UciStore
from .core import INVALID_ARGUMENT, NOT_FOUND, UNKNOWN_ERROR, Family, Request, UbusError

UCI = Family()
_OPS = {
    "": "set",
    "+": "add",
    "-": "remove",
    "|": "list-add",
    "~": "list-del",
    "@": "rename",
    "^": "order",
}


def store(request: Request) -> UciStore:
    """Return the configuration as this caller sees it."""
    if not request.session:
        return request.device.uci
    return UciStore(request.device.files, CONFIG, f"/tmp/run/rpcd/uci-{request.session}")


def _load(request: Request) -> Package:
    try:
        return store(request).load(request.text("config"))
    except UciError as error:
        raise _failure(error) from None


def _failure(error: UciError) -> UbusError:
    codes = {"Entry not found": NOT_FOUND, "Invalid argument": INVALID_ARGUMENT}
    return UbusError(codes.get(str(error), UNKNOWN_ERROR))


def _row(package: Package, section: Section) -> dict[str, Any]:
    head: dict[str, Any] = {
        ".anonymous": section.anonymous,
        ".type": section.type,
        ".name": section.name,
        ".index": package.sections.index(section),
    }
    return head | section.options


@UCI.method("uci", "configs")
async def configs(request: Request) -> dict[str, Any]:
    return {"configs": store(request).names()}


@UCI.method(
    "uci", "get", config="String", section="String", option="String", type="String", match="Table"
)
@UCI.method(
    "uci", "state", config="String", section="String", option="String", type="String", match="Table"
)
async def get(request: Request) -> dict[str, Any]:
    package = _load(request)
    name, option = request.optional("section"), request.optional("option")
    if not name:
        rows = _matching(request, package)
        return {"values": {s.name: _row(package, s) for s in rows}}
    section = package.find(name)
    if section is None:
        raise UbusError(NOT_FOUND)
    if not option:
        return {"values": _row(package, section)}
    if option not in section.options:
        raise UbusError(NOT_FOUND)
    return {"value": section.options[option]}


def _matching(request: Request, package: Package) -> list[Section]:
    kind, match = request.optional("type"), request.args.get("match") or {}
    if not isinstance(match, dict):
        raise UbusError(INVALID_ARGUMENT)
    return [
        s
        for s in package.sections
        if (not kind or s.type == kind) and all(s.options.get(k) == v for k, v in match.items())
    ]


def _chosen(request: Request, package: Package) -> list[Section]:
    """Return the section a change names, or those of a type or match; raises UbusError."""
    name = request.optional("section")
    if not name:
        if not request.optional("type") and not request.args.get("match"):
            raise UbusError(INVALID_ARGUMENT)
        return _matching(request, package)
    section = package.find(name)
    if section is None:
        raise UbusError(NOT_FOUND)
    return [section]


def _value(value: object) -> Value:
    if isinstance(value, list):
        return [str(_value(item)) for item in value]
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (str, int, float)):
        return str(value)
    raise UbusError(INVALID_ARGUMENT)


def _stage(request: Request, *changes: Change) -> None:
    try:
        for change in changes:
            store(request).stage(request.text("config"), change)
    except UciError as error:
        raise _failure(error) from None


def _options(section: str, values: dict[str, Any], package: Package) -> list[Change]:
    found = package.find(section)
    changes: list[Change] = []
    for name, given in values.items():
        value = _value(given)
        if isinstance(value, str):
            changes.append(Change(SET, section, name, value))
            continue
        if found is not None and name in found.options:
            changes.append(Change(REMOVE, section, name))
        changes += [Change("|", section, name, item) for item in value]
    return changes


@UCI.method(
    "uci", "set", config="String", section="String", type="String", match="Table", values="Table"
)
async def set_(request: Request) -> None:
    values = request.args.get("values")
    if not isinstance(values, dict):
        raise UbusError(INVALID_ARGUMENT)
    package = _load(request)
    for section in _chosen(request, package):
        _stage(request, *_options(section.name, values, package))


@UCI.method("uci", "add", config="String", type="String", name="String", values="Table")
async def add(request: Request) -> dict[str, Any]:
    package, kind, name = _load(request), request.text("type"), request.optional("name")
    if name:
        _stage(request, Change(SET, name, value=kind))
    else:
        name = store(request).add(package.name, kind)
    values = request.args.get("values")
    if isinstance(values, dict):
        _stage(request, *_options(name, values, package))
    return {"section": name}


@UCI.method(
    "uci",
    "delete",
    config="String",
    section="String",
    type="String",
    match="Table",
    option="String",
    options="Array",
)
async def delete(request: Request) -> None:
    options = request.args.get("options") or [request.optional("option")]
    for section in _chosen(request, _load(request)):
        _stage(request, *(Change(REMOVE, section.name, str(option)) for option in options))


@UCI.method("uci", "rename", config="String", section="String", option="String", name="String")
async def rename(request: Request) -> None:
    section = _load(request).find(request.text("section"))
    if section is None:
        raise UbusError(NOT_FOUND)
    name = request.text("name")
    _stage(request, Change(RENAME, section.name, request.optional("option"), name))


@UCI.method("uci", "changes", config="String")
async def changes(request: Request) -> dict[str, Any]:
    def rows(staged: list[Change]) -> list[list[str]]:
        return [[p for p in (_OPS[c.op], c.section, c.option, c.value) if p] for c in staged]

    if name := request.optional("config"):
        return {"changes": rows(store(request).changes(name))}
    return {"changes": {name: rows(staged) for name, staged in store(request).changed()}}


@UCI.method("uci", "revert", config="String")
async def revert(request: Request) -> None:
    store(request).revert(_load(request).name)


@UCI.method("uci", "commit", config="String")
async def commit(request: Request) -> None:
    name = _load(request).name
    if store(request).commit(name):
        request.device.effects.commits[name] += 1


@UCI.method("uci", "reload_config")
async def reload_config(request: Request) -> None:
    request.device.reload_soon()


@UCI.method("uci", "apply", rollback="Boolean", timeout="Integer")
async def apply(request: Request) -> None:
    timeout = request.args.get("timeout", 60)
    rollback = bool(request.args.get("rollback"))
    window = float(timeout) if isinstance(timeout, (int, float)) else 60.0
    request.device.rpcd.apply(request.session, store(request), window if rollback else None)


@UCI.method("uci", "confirm")
async def confirm(request: Request) -> None:
    request.device.rpcd.confirm(request.session)


@UCI.method("uci", "rollback")
async def rollback(request: Request) -> None:
    request.device.rpcd.roll_back(request.session)
