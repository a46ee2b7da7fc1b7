"""Variables as a face uses them: by scope to write, by device to see which value wins and why.

A scope is written as on the command line: "global", "org:NAME", "group:NAME" (or
"group:ORGANIZATION/NAME"), or the name of a device.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.configs.entries import DeviceEdit, Variable
from owtui.engine.configs.groupdesk import find_group
from owtui.engine.configs.ledger import Ledger
from owtui.engine.configs.masking import secret_name
from owtui.engine.configs.model import Json, Subject
from owtui.engine.configs.subjects import load
from owtui.engine.configs.variables import names, predefined
from storage import configs, devices, organizations, variables
from storage.configs import Changes
from storage.errors import MissingError
from storage.packed import Box
from storage.variables import Scope


@dataclass(frozen=True, slots=True)
class Target:
    """Whose variables: a scope's, or a device's; `name` for people."""

    name: str
    scope: Scope | None = None
    device_id: UUID | None = None


class VariableDesk:
    """Values are what they are, secrets too: who shows them asks masking.mask_json."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def get(self, scope: str) -> dict[str, Any]:
        """The variables of a scope. Raises MissingError for a scope that is not there."""
        return await self._ledger.read(lambda session, box: _values(session, box, scope))

    async def set(self, scope: str, values: Json) -> frozenset[str]:
        """Set variables, others stay; returns those whose value is another one now."""
        return await self._write(scope, values, ())

    async def unset(self, scope: str, names: Collection[str]) -> frozenset[str]:
        """Forget variables. Raises MissingError for one that the scope does not have."""
        return await self._write(scope, {}, names)

    async def resolved(self, device_id: UUID) -> list[Variable]:
        """Every variable of a device with the value that wins and where it comes from, by name.

        What its configuration uses and nothing defines is there as well, without an origin.
        """

        def read(session: Session, box: Box) -> Subject:
            found = load(session, box, [device_id])
            if device_id not in found:
                raise MissingError("There is no such device any more.", "See: owtui devices")
            return found[device_id].subject

        return resolve(await self._ledger.read(read))

    async def _write(self, scope: str, values: Json, unset: Collection[str]) -> frozenset[str]:
        await self._prove(scope, values, unset)

        def write(session: Session, box: Box) -> frozenset[str]:
            target = find_scope(session, scope)
            before = _values(session, box, scope)
            for name in unset:
                if name not in before:
                    raise MissingError(f"{target.name} has no variable {name}.")
            if target.scope is not None:
                moved = variables.change(session, box, target.scope, values, unset)
            else:
                assert target.device_id is not None
                after = {k: v for k, v in {**before, **values}.items() if k not in unset}
                moved = _differing(before, after)
                if moved:
                    configs.edit(session, box, target.device_id, Changes(context=after))
            if moved:
                detail = {"scope": target.name, "variables": sorted(moved)}
                self._ledger.note(session, "set_variables", detail, target.device_id)
            return moved

        return await self._ledger.write(write)

    async def _prove(self, scope: str, values: Json, unset: Collection[str]) -> None:
        """Those of one device must leave it one that can be rendered; `Shelf.impact` says of wider
        scopes which devices could not be."""

        def read(session: Session, box: Box) -> DeviceEdit | None:
            target = find_scope(session, scope)
            if target.device_id is None:
                return None
            before = _values(session, box, scope)
            after = {k: v for k, v in {**before, **values}.items() if k not in unset}
            return DeviceEdit(target.device_id, context=after)

        edit = await self._ledger.read(read)
        if edit is not None:
            await self._ledger.prove(edit)


def resolve(subject: Subject) -> list[Variable]:
    """The variables of a device, each with its origin, by name; see `VariableDesk.resolved`."""
    contexts = subject.contexts
    scopes: list[tuple[str, Mapping[str, Any]]] = [
        ("device", contexts.device),
        ("predefined", predefined(subject)),
        ("group", contexts.group),
        ("organization", contexts.organization),
        ("global", contexts.global_),
        *((layer.name, layer.default_values) for layer in reversed(subject.layers)),
    ]
    used = names(subject.config).union(*(names(layer.config) for layer in subject.layers))
    every = used.union(*(values.keys() for _, values in scopes))
    return [_resolved(name, scopes, name in used) for name in sorted(every)]


def find_scope(session: Session, text: str) -> Target:
    """Read a scope as people write it. Raises MissingError, RuleError."""
    kind, colon, name = text.strip().partition(":")
    if kind == "global" and not colon:
        return Target("global", variables.GLOBAL)
    if colon and kind in ("org", "organization"):
        owner = organizations.find(session, name)
        return Target(f"org:{owner.name}", Scope("organization", owner.id))
    if colon and kind == "group":
        group = find_group(session, name)
        return Target(f"group:{group.name}", Scope("group", group.id))
    device = devices.by_name(session, text)
    return Target(device.name, device_id=device.id)


def _values(session: Session, box: Box, scope: str) -> dict[str, Any]:
    target = find_scope(session, scope)
    if target.scope is not None:
        return variables.get(session, box, target.scope)
    assert target.device_id is not None
    config = configs.find(session, target.device_id)
    return dict(configs.content(box, config).context) if config is not None else {}


def _differing(before: Json, after: Json) -> frozenset[str]:
    absent = object()
    every = before.keys() | after.keys()
    return frozenset(n for n in every if before.get(n, absent) != after.get(n, absent))


def _resolved(name: str, scopes: Sequence[tuple[str, Mapping[str, Any]]], used: bool) -> Variable:
    origins = [origin for origin, values in scopes if name in values]
    value = next((values[name] for _, values in scopes if name in values), None)
    first = origins[0] if origins else ""
    return Variable(name, value, first, secret_name(name), tuple(origins[1:]), used)
