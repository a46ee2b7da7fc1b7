"""What groups give to their devices, as a face uses it: templates, the guard's times, meta data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlmodel import Session

from owtui.engine.configs.entries import GroupText, Guard, TemplateRef
from owtui.engine.configs.ledger import Ledger, find_template
from owtui.engine.configs.model import Json
from owtui.engine.configs.templatedesk import Which
from owtui.engine.firmware import windows
from storage import assigning, organizations
from storage.packed import Box
from storage.tables import DeviceGroup


class GroupDesk:
    """Groups by id or name; `organization` is the default one unless named."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def get(self, group: Which, organization: str = "") -> GroupText:
        """A group with what it gives. Raises MissingError."""
        return await self._ledger.database.aread(
            lambda session: _text(session, find_group(session, group, organization))
        )

    async def create(self, name: str, organization: str = "", **fields: Any) -> GroupText:
        """Make a group in an organization, the default one unless named; fields as for `change`."""

        def write(session: Session, box: Box) -> GroupText:
            owner = (
                organizations.find(session, organization)
                if organization
                else organizations.default(session)
            )
            made = organizations.create_group(session, owner.id, name)
            self._ledger.note(session, "add_group", {"name": made.name})
            _put(session, made, fields)
            return _text(session, made)

        return await self._ledger.write(write)

    async def change(self, group: Which, organization: str = "", **fields: Any) -> GroupText:
        """Change several things of a group at once: description, templates, guard,
        meta_data, upgrade_window."""

        def change(session: Session, found: DeviceGroup) -> dict[str, Any]:
            _put(session, found, fields)
            return {"changed": sorted(fields)}

        return await self._change(group, organization, change)

    async def set_templates(
        self, group: Which, templates: Sequence[Which], organization: str = ""
    ) -> GroupText:
        """Make this the list of templates, in this order; its devices follow.

        Raises RuleError for those of other organizations and for default ones.
        """

        def change(session: Session, found: DeviceGroup) -> dict[str, Any]:
            return {"templates": _give(session, found, templates)}

        return await self._change(group, organization, change)

    async def set_guard(self, group: Which, guard: Guard, organization: str = "") -> GroupText:
        """How long its devices wait for our word after a push; None is the usual time."""

        def change(session: Session, found: DeviceGroup) -> dict[str, Any]:
            organizations.set_guard(session, found.id, guard.window_s, guard.settle_s)
            return {"guard_window_s": guard.window_s, "guard_settle_s": guard.settle_s}

        return await self._change(group, organization, change)

    async def set_meta_data(self, group: Which, data: Json, organization: str = "") -> GroupText:
        """Keep JSON with a group, for scripts; nothing is rendered from it."""

        def change(session: Session, found: DeviceGroup) -> dict[str, Any]:
            organizations.set_meta_data(session, found.id, data)
            return {"meta_data": sorted(data)}

        return await self._change(group, organization, change)

    async def _change(
        self,
        group: Which,
        organization: str,
        change: Callable[[Session, DeviceGroup], dict[str, Any]],
    ) -> GroupText:
        def write(session: Session, box: Box) -> GroupText:
            found = find_group(session, group, organization)
            self._ledger.note(session, "edit_group", {"name": found.name, **change(session, found)})
            return _text(session, found)

        return await self._ledger.write(write)


def find_group(session: Session, which: Which, organization: str = "") -> DeviceGroup:
    """A group by id, by name, or by "ORGANIZATION/NAME". Raises MissingError."""
    if not isinstance(which, str):
        return organizations.group_by_id(session, which)
    owner, slash, name = which.rpartition("/")
    if not slash and not organization:
        return organizations.group_by_name(session, which)
    return organizations.group(session, organizations.find(session, organization or owner).id, name)


def _put(session: Session, group: DeviceGroup, fields: Mapping[str, Any]) -> None:
    if "description" in fields:
        organizations.describe_group(session, group.id, fields["description"])
    if "templates" in fields:
        _give(session, group, fields["templates"])
    if "guard" in fields:
        guard: Guard = fields["guard"]
        organizations.set_guard(session, group.id, guard.window_s, guard.settle_s)
    if "meta_data" in fields:
        organizations.set_meta_data(session, group.id, fields["meta_data"])
    if "upgrade_window" in fields:
        text = " ".join(str(fields["upgrade_window"]).split())
        windows.parse(text)
        organizations.set_upgrade_window(session, group.id, text)


def _give(session: Session, group: DeviceGroup, templates: Sequence[Which]) -> list[str]:
    owner = str(group.organization_id)
    wanted = [find_template(session, which, owner) for which in templates]
    assigning.set_group(session, group.id, [one.id for one in wanted])
    return [one.name for one in wanted]


def _text(session: Session, group: DeviceGroup) -> GroupText:
    known = assigning.entries(session)
    gives = [known[id_] for id_ in assigning.of_groups(session).get(group.id, ())]
    owner = organizations.find(session, group.organization_id)
    return GroupText(
        id=group.id,
        name=group.name,
        organization=owner.name,
        organization_id=owner.id,
        description=group.description,
        templates=tuple(TemplateRef(one.id, one.name, "group", one.generation) for one in gives),
        guard=Guard(group.guard_window_s, group.guard_settle_s),
        meta_data=dict(group.meta_data),
        upgrade_window=group.upgrade_window,
    )
