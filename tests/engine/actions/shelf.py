"""Templates, groups and configurations in the database of a house."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session

from owtui.engine.jobs.plan import Plan
from storage import assigning, configs, organizations, templates, variables
from storage.configs import Changes
from storage.packed import Box
from storage.rows import DeviceRow
from storage.tables import DeviceGroup, Organization, Template
from storage.templates import By, Draft
from tests.engine.jobs.twins import House

T = TypeVar("T")
LAN = {"interfaces": [{"name": "lan0", "type": "ethernet"}]}


def write(house: House, fn: Callable[[Session, Box], T]) -> T:
    """In one transaction, with the vault at hand."""
    return house.means.database.write(lambda session: fn(session, Box(session, house.means.vault)))


def template(house: House, name: str, config: Mapping[str, Any] | None = None, **more: Any) -> UUID:
    """Make a template; its banner is its name unless it has a configuration."""
    held = config or banner(name)

    def make(session: Session, box: Box) -> UUID:
        made: Template = templates.create(session, box, Draft(name, held, **more), By())
        return made.id

    return write(house, make)


def banner(text: str) -> dict[str, Any]:
    """A configuration with a file of its own."""
    path = "".join(c if c.isalnum() else "-" for c in text)
    return {"files": [{"path": f"/etc/{path}", "mode": "0644", "contents": f"{text}\n"}]}


def organization(house: House, name: str) -> UUID:
    """Make an organization."""

    def make(session: Session, box: Box) -> UUID:
        made: Organization = organizations.create(session, name)
        return made.id

    return write(house, make)


def group(house: House, name: str, *gives: UUID, **values: Any) -> UUID:
    """Make a group of the devices' organization that gives templates and variables."""

    def make(session: Session, box: Box) -> UUID:
        made: DeviceGroup = organizations.create_group(session, house.rows[0].organization_id, name)
        assigning.set_group(session, made.id, gives)
        variables.change(session, box, variables.Scope("group", made.id), values)
        return made.id

    return write(house, make)


def configure(house: House, at: int = 0, **changes: Any) -> None:
    """Change the configuration of a device; by fields of Changes."""
    write(
        house,
        lambda session, box: configs.edit(session, box, house.rows[at].id, Changes(**changes)),
    )


def names(house: House, at: int = 0) -> list[str]:
    """The templates of a device, in their order."""

    def read(session: Session) -> list[str]:
        config = configs.find(session, house.rows[at].id)
        known = assigning.entries(session)
        ids = assigning.of_config(session, config.id) if config else []
        return [known[id_].name for id_ in ids]

    return house.means.database.read(read)


def context(house: House, at: int = 0) -> dict[str, Any]:
    """The variables of a device."""

    def read(session: Session) -> dict[str, Any]:
        config = configs.find(session, house.rows[at].id)
        if config is None:
            return {}
        return dict(configs.content(Box(session, house.means.vault), config).context)

    return house.means.database.read(read)


async def plan(house: House, action: str, **params: Any) -> Plan:
    """A plan over the inventory as it is now."""
    return await house.jobs.plan(action, await house.read_rows(), params)


async def do(house: House, action: str, secret: str = "", **params: Any) -> list[DeviceRow]:
    """Plan and submit; returns the inventory afterwards."""
    made = await plan(house, action, **params)
    job = await house.jobs.submit(made, {"secret": secret} if secret else {})
    assert job.state == "success"
    return await house.read_rows()
