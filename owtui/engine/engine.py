"""The facade every face uses: start, ask, plan, submit, listen, close.

One engine a process. It either holds the lease (polls, runs jobs, adopts what a dead one left) or
is attached to the one that does: both read the same tables, a job is submitted by writing its row.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from owtui import settings
from owtui.engine import diary
from owtui.engine.actions.base import Change
from owtui.engine.actions.registry import Registry
from owtui.engine.bus import Bus
from owtui.engine.events import AuditChanged, DeviceChanged, EngineChanged, JobChanged
from owtui.engine.fleet import Fleet
from owtui.engine.holding import Holding, Role
from owtui.engine.inventory.owners import Owners, Views, note
from owtui.engine.lease import Holder, lease_for
from owtui.engine.parts import Parts
from owtui.engine.selection import Selection, parse, select
from owtui.errors import PROBLEMS, InputError, failure_of
from owtui.operator import Operator
from storage import revisions
from storage.keys import Source
from storage.logins import Draft
from storage.rows import DeviceRow
from storage.tables import now

if TYPE_CHECKING:
    from owtui.engine.inventory.scout import Scout
    from owtui.engine.jobs.jobs import Jobs
    from owtui.engine.jobs.plan import Plan
    from owtui.engine.sessions import Sessions
    from owtui.engine.transport.tunnel import Tunnel

__all__ = ["Engine", "Role"]


_FLEET_TOPICS = frozenset(
    {
        *(revisions.DEVICES, revisions.STATES, revisions.ORGANIZATIONS, revisions.HOST_KEYS),
        *(revisions.CONFIGS, revisions.TEMPLATES),
    }
)


class Engine(Holding):
    """A running engine. Methods belong to its event loop; `fleet` and `bus` to any thread."""

    def __init__(self, parts: Parts, operator: Operator) -> None:
        self.loaded = parts.loaded
        self.settings = parts.loaded.settings
        self.database = parts.database
        self.operator = operator
        self.bus = Bus()
        self.fleet = Fleet(parts.database)
        self.actions = Registry.load(parts.loaded.actions)
        self.holds = False
        self._polls = True
        self._parts = parts
        # Made when first told: a face that looks at one device need not load the sinks for it.
        parts.tell_of_logins(lambda session, told: self.notifications.tell(session, told))
        self._lease = lease_for(parts.database.connection_url, self.settings.zone)
        self._tasks: set[asyncio.Task[None]] = set()
        self._duties: list[asyncio.Task[None]] = []  # of the holder alone
        self._tenure: asyncio.Task[None] | None = None
        self._seen: Holder | None = None  # the holder last told of
        self.owners = Owners(parts.database, self.fleet, operator, self.settled, self.forget_builds)
        self.views = Views(parts.database, operator)

    @classmethod
    async def start(
        cls,
        loaded: settings.Loaded,
        operator: Operator,
        role: Role,
        *,
        ask: Callable[[str], str] | None = None,
    ) -> Self:
        """Open everything and take the role. Raises StorageError, InputError, BlockedError.

        `ask` puts a question to the person, unseen: for a passphrase, where one is needed.
        """
        engine = cls(await asyncio.to_thread(Parts.open, loaded, ask), operator)
        try:
            await engine.fleet.load()
            await engine.views.load()
            await engine._take(role)
        except BaseException:
            await engine.close()
            raise
        return engine

    # --- what changes the inventory, runs jobs and talks to devices: imported when first asked
    # for, since it takes a quarter of a second that a face which only lists need not spend

    @cached_property
    def scout(self) -> Scout:
        """Finds devices and adopts them."""
        from owtui.engine.inventory.scout import Scout

        return Scout(self.inventory, self._parts.deadlines, saw=self.polls.saw)

    @cached_property
    def sessions(self) -> Sessions:
        """The shells, tunnels and log tails of this process."""
        from owtui.engine.sessions import Sessions

        return Sessions(
            self.database,
            self._parts.pool,
            self._parts.targets.resolve,
            self.fleet,
            self.operator,
            read_only=self.settings.read_only,
            publish=self.bus.publish,
        )

    @property
    def tunnels(self) -> tuple[Tunnel, ...]:
        """The tunnels of this process, from any thread."""
        return self.sessions.tunnels() if "sessions" in self.__dict__ else ()

    @cached_property
    def jobs(self) -> Jobs:
        """The jobs; they need the vault, which a face that only lists devices never opens."""
        from owtui.engine.jobs.jobs import Jobs
        from owtui.engine.jobs.means import Means
        from owtui.engine.jobs.process import process_name

        means = Means(
            database=self.database,
            vault=self._parts.vault(),
            reach=self._parts.doors,
            registry=self.actions,
            operator=self.operator,
            bus=self.bus,
            engine_id=process_name(),
            zone=self.settings.zone,
            command_s=self.settings.command_timeout_s,
            images=self.firmware.store,
            boards=lambda: self.firmware.boards,
            settled=self.settled,
            checks=self.check_now,
            notify=lambda session, told: self.notifications.tell(session, told),
        )
        return Jobs(means, fleet=self.settings.fleet, read_only=self.settings.read_only)

    # --- asking ---

    def select(
        self, text: str, *, marks: Collection[UUID] = (), cursor: UUID | None = None
    ) -> Selection:
        """The devices that a filter, marks or the cursor mean; an empty filter alone is all.

        Raises FilterError with the column.
        """
        rows = tuple(self.fleet.rows.values())
        found = parse(text, self.views.get)
        chosen = bool(marks) or cursor is not None
        return select(
            rows,
            now(),
            filter=found,
            marks=marks,
            cursor=cursor,
            everything=found.is_empty and not chosen,
        )

    def device(self, name: str) -> DeviceRow:
        """One device by name, MAC or id. Raises InputError for none or several."""
        found = self.fleet.by_name(name) or tuple(
            row
            for row in self.fleet.rows.values()
            if name.upper() == row.mac or name.lower() == str(row.id)
        )
        if len(found) != 1:
            what = "Several devices are" if found else "There is no device"
            raise InputError(f"{what} called “{name}”.", "`owtui devices` lists them.")
        return found[0]

    async def plan(
        self,
        action: str,
        selection: Selection,
        params: Mapping[str, Any],
        order: str = "",
        **how: int,
    ) -> Plan:
        """What an action would do to a selection; `how` is parallel and stop_after.

        `order` "topology": what hangs on another device goes before it. Raises BlockedError,
        InputError.
        """
        rows = [self.fleet.rows[id_] for id_ in selection.ids if id_ in self.fleet.rows]
        made = await self.jobs.plan(action, rows, params, filter=selection.filter, **how)
        return await self.in_order(made, order) if order else made

    async def in_order(self, plan: Plan, order: str = "topology") -> Plan:
        """A plan with its devices in an order; see `jobs.ordering`. Raises InputError."""
        from owtui.engine.jobs.ordering import in_order

        return await in_order(self, plan, order)

    async def audit(
        self,
        ids: Collection[UUID] | None = None,
        *,
        limit: int = 100,
        operator: str = "",
        action: str = "",
    ) -> list[dict[str, Any]]:
        """Who did what, newest first; of these devices only, when given."""
        return await diary.entries(
            self.database, ids, limit=limit, operator=operator, action=action
        )

    async def describe_key(self) -> str:
        """Where the master key is, in words; why it cannot be used, where it cannot."""
        try:
            return (await asyncio.to_thread(self._parts.vault)).describe()
        except PROBLEMS as error:
            return failure_of(error).sentence

    async def add_credentials(self, draft: Draft, organization: str = "") -> None:
        """Keep a login that any device may be given. Raises StorageError."""
        vault = await asyncio.to_thread(self._parts.vault)
        await self.owners.add_credentials(vault, draft, organization)

    async def rotate_key(self, to: str | None = None) -> None:
        """Make a new master key, here or at another source, and re-seal everything with it."""
        vault = await asyncio.to_thread(self._parts.vault)
        await asyncio.to_thread(vault.rotate, Source(to) if to else None)
        await self.database.awrite(
            lambda session: note(session, self.operator, "rotate_key", {"to": to or "same place"})
        )

    # --- life ---

    async def serve(self, action: str) -> None:
        """Be the engine while a job of this action runs, if it needs one and nobody is.

        For a face that came for that job alone: the fleet is not polled meanwhile.
        """
        if isinstance(self.actions.get(action), Change):
            self._polls = False
            await self._take(Role.AUTO)

    async def close(self) -> None:
        """Drain: start nothing new, finish what must not be cut, keep the rest resumable."""
        self.bus.publish(EngineChanged("draining"))
        if self._tenure is not None:  # first: it might begin what is ended here
            self._tenure.cancel()
            await asyncio.wait([self._tenure])
        if "sessions" in self.__dict__:  # nobody is there any more to see them
            await self.sessions.close()
        if "jobs" in self.__dict__:
            await self.jobs.stop()
        await self._close_desks()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._end_measuring()
        await self._parts.close()
        self._lease.release()
        self.bus.publish(EngineChanged("stopped"))

    async def _moved(self, topics: frozenset[str]) -> None:
        """What another process (or we) wrote: renew what depends on it and tell."""
        # The holder writes the states itself and has told of them already.
        if topics & (_FLEET_TOPICS - {revisions.STATES} if self.holds else _FLEET_TOPICS):
            moved = await self.fleet.load()
            self._parts.cool()
            for work in self._fleet_moved(moved):
                self._start(work, "follow the fleet")
            self._tell(moved)
            if "sessions" in self.__dict__:
                await self.sessions.leave_removed()
        await self._configs_moved(topics)
        await self._checks_moved(topics)
        await self._measures_moved(topics)
        self._desks_moved(topics)
        if revisions.VIEWS in topics:
            await self.views.load()
        if revisions.JOBS in topics:
            await self.jobs.look()
            self.bus.publish(JobChanged("*"))
        if revisions.AUDIT in topics:
            self.bus.publish(AuditChanged("*"))

    def _tell(self, ids: Collection[UUID]) -> None:
        self.bus.publish(*(DeviceChanged(str(id_)) for id_ in ids))
