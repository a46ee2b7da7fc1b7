"""The parts of the facade that change our own records, made when they are first asked for.

Each takes a part of a second to import, which a face that only lists devices need not spend.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.engine.bus import Bus
from owtui.engine.events import AlertChanged, ConfigsChanged, FirmwareChanged, TopologyChanged
from owtui.engine.fleet import Fleet
from owtui.engine.parts import Parts
from owtui.operator import Operator
from storage import configs, revisions
from storage.db import Database
from storage.secrets import Vault

if TYPE_CHECKING:
    from owtui.engine.configs.shelf import Shelf
    from owtui.engine.firmware.desk import FirmwareDesk
    from owtui.engine.inventory.desk import Desk
    from owtui.engine.inventory.owners import Views
    from owtui.engine.monitoring.alerts.desk import Alerts
    from owtui.engine.monitoring.checkdesk import CheckDesk
    from owtui.engine.monitoring.checking import Checking
    from owtui.engine.monitoring.latest import Latest
    from owtui.engine.monitoring.store import Store
    from owtui.engine.notifications.desk import Notifications
    from owtui.engine.topology.desk import TopologyDesk
    from owtui.engine.topology.reading import Reader
    from owtui.engine.topology.updater import Heard, Order, Updater
    from owtui.settings import Settings

_ALERT_TOPICS = frozenset({revisions.ALERTS, revisions.CHECKS})
_CONFIG_TOPICS = frozenset({revisions.TEMPLATES, revisions.CONFIGS, revisions.VARIABLES})


class Desks:
    """Mixed into Engine, which has the rest."""

    database: Database
    operator: Operator
    bus: Bus
    fleet: Fleet
    settings: Settings
    holds: bool
    views: Views
    _parts: Parts

    if TYPE_CHECKING:

        @cached_property
        def series(self) -> Store:
            """Measuring has it."""

    @cached_property
    def inventory(self) -> Desk:
        """Where people change the inventory: import, export, add, edit."""
        from owtui.engine.inventory.desk import Desk

        return Desk(
            self.database,
            self._parts.vault,
            self.fleet,
            self.operator,
            self._parts.invalidate,
            self._tell,
            self.settled,
        )

    @cached_property
    def configs(self) -> Shelf:
        """Templates, groups, variables and the configurations of devices."""
        from owtui.engine.configs.shelf import Shelf

        return Shelf(
            self.database,
            self._parts.vault,
            self.fleet,
            self.operator,
            self.bus,
            tell=self._tell,
            told=lambda session, told: self.notifications.tell(session, told),
        )

    @cached_property
    def notifications(self) -> Notifications:
        """What people are told, who is told by which ways, and the ways out."""
        from owtui.engine.notifications.desk import Notifications

        settings = self._parts.loaded.settings
        return Notifications(
            self.database, self.fleet, self.operator, self.bus, settings, self._parts.vault
        )

    @cached_property
    def checking(self) -> Checking:
        """Runs checks: in their turns where the engine is held, else when asked to."""
        from owtui.engine.monitoring.checking import Checking
        from owtui.engine.monitoring.checkmeans import means

        found = means(self._parts, self.fleet)
        return Checking(self.fleet, self.database, found, self.settings)

    @cached_property
    def checks(self) -> CheckDesk:
        """Where people see, set and run checks."""
        from owtui.engine.monitoring.checkdesk import CheckDesk

        return CheckDesk(
            self.database,
            self.fleet,
            self.operator,
            lambda: self.checking,
            lambda: self.series,
            read_only=self.settings.read_only,
        )

    @cached_property
    def alerts(self) -> Alerts:
        """Alerts, what people say of them, quiet times and thresholds."""
        from owtui.engine.monitoring.alerts.desk import Alerts

        return Alerts(self.database, self.fleet, self.operator, self.bus, self.views.get)

    @cached_property
    def latest(self) -> Latest:
        """What devices told last: interfaces, clients; and Wi-Fi sessions."""
        from owtui.engine.monitoring.latest import Latest

        return Latest(self.database, self.fleet)

    @cached_property
    def topology_updater(self) -> Updater:
        """Takes what was told of topologies into memory."""
        from owtui.engine.topology.updater import Updater

        chosen = self.settings
        return Updater(
            self.database,
            self.fleet,
            self.bus,
            self._read_topology,
            link_days=chosen.topology_link_days,
            node_days=chosen.topology_node_days,
        )

    async def _read_topology(self, order: Order) -> Heard:
        return await self._topology_reader(order)

    @cached_property
    def _topology_reader(self) -> Reader:
        # Only with the first source that is read: it imports what talks to devices.
        from owtui.engine.topology.reading import Reader

        return Reader.of(self._parts, self.fleet, self.views.get)

    @cached_property
    def topologies(self) -> TopologyDesk:
        """Topologies: pictures of any moment, what changed, and what people set."""
        from owtui.engine.topology.desk import TopologyDesk

        return TopologyDesk(
            self.database,
            self.fleet,
            self.operator,
            self._parts.vault,
            self.topology_updater,
            read_only=self.settings.read_only,
        )

    @cached_property
    def firmware(self) -> FirmwareDesk:
        """The library of firmware images, and where devices stand."""
        from owtui.engine.firmware.desk import FirmwareDesk
        from owtui.engine.firmware.store import FirmwareStore

        return FirmwareDesk(
            self.database,
            self.fleet,
            self.operator,
            self._parts.vault,
            FirmwareStore.of(self._parts.loaded, self.database),
            self.settings,
        )

    async def forget_builds(self, ids: Collection[UUID]) -> None:
        """Delete the files of builds that are gone."""
        await self.firmware.forget(ids)

    def open_vault(self) -> Vault:
        """The vault, opened when it is first needed. Blocks; raises StorageError."""
        return self._parts.vault()

    async def settled(self) -> None:
        """Bring checksums in step with what was written; at no cost where nothing is behind."""
        if await self.database.aread(configs.out_of_date):
            await self.configs.settled()

    async def _configs_moved(self, topics: frozenset[str]) -> None:
        """Another process (or we) wrote configurations: tell, and render what is behind."""
        moved = topics & _CONFIG_TOPICS
        self.bus.publish(*(ConfigsChanged(topic) for topic in sorted(moved)))
        if not (moved and self.holds):
            return
        if await self.database.aread(configs.out_of_date):
            self.configs.nudge()

    def _desks_moved(self, topics: frozenset[str]) -> None:
        """What desks have was written: each tells whom it concerns."""
        self._alerts_moved(topics)
        self._notifications_moved(topics)
        self._topologies_moved(topics)
        self._firmware_moved(topics)

    def _notifications_moved(self, topics: frozenset[str]) -> None:
        """Another process (or we) wrote notifications: tell, and send what is due."""
        if revisions.NOTIFICATIONS in topics:
            self.notifications.moved()

    async def _checks_moved(self, topics: frozenset[str]) -> None:
        """Somebody set how checks run: those that run here follow."""
        if revisions.CHECKS in topics and "checking" in self.__dict__:
            await self.checking.load()

    def _topologies_moved(self, topics: frozenset[str]) -> None:
        """Another process (or we) wrote topologies: tell."""
        if revisions.TOPOLOGIES in topics:
            self.bus.publish(TopologyChanged("*"))

    def _firmware_moved(self, topics: frozenset[str]) -> None:
        """Another process (or we) wrote firmware: tell."""
        if revisions.FIRMWARE in topics:
            self.bus.publish(FirmwareChanged("*"))

    def _alerts_moved(self, topics: frozenset[str]) -> None:
        """Another process (or we) wrote alerts, or what they are judged by: tell."""
        if topics & _ALERT_TOPICS:
            self.bus.publish(AlertChanged("*"))

    async def _close_desks(self) -> None:
        if "configs" in self.__dict__:
            await self.configs.close()

    def _tell(self, ids: Collection[UUID]) -> None:
        raise NotImplementedError
