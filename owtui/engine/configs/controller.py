"""What the agents of devices ask and tell: OpenWISP's controller protocol, without its HTTP door.

Statuses and texts are the protocol's (control.md §3); each request is one transaction.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlmodel import Session

from owtui.engine.bus import Bus
from owtui.engine.configs.registering import Policy, Refusal, register
from owtui.engine.events import Notice
from owtui.engine.notifications.telling import Tell, Telling, nobody
from owtui.engine.notifications.types import telling
from storage import addresses, configs, configstatus, devices
from storage.configstatus import Status
from storage.db import Database
from storage.devices import DeviceFields
from storage.errors import RuleError
from storage.packed import Box
from storage.secrets import Vault
from storage.tables import Config, Device, Organization
from storage.tables.base import now

T = TypeVar("T")
Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a status, and a text or a file. `filename` is set for a file."""

    status: int
    body: bytes
    filename: str = ""

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


class Controller:
    """`device_id` is as it stands in the address, `remote` the address that a request came from."""

    def __init__(
        self,
        database: Database,
        vault: Callable[[], Vault],
        settled: Callable[[], Awaitable[None]],
        bus: Bus,
        policy: Policy | None = None,
        tell: Tell = nobody,
    ) -> None:
        self._database = database
        self._vault = vault
        self._settled = settled
        self._bus = bus
        self._policy = policy or Policy()
        self._tell = tell

    async def register(self, form: Form, remote: str) -> Answer:
        """POST device/register/."""
        vault = await asyncio.to_thread(self._vault)

        def write(session: Session) -> str:
            text = register(session, vault, form, remote, self._policy)
            self._tell(session, [_registered(session, text)])
            return text

        answer = await self._answer(write, 201)
        if answer.status == 201:
            await self._settled()
            name = form.get("name", "")
            self._bus.publish(Notice(f"registered:{name}", f"{name} has registered."))
        return answer

    async def checksum(self, device_id: str, form: Form, remote: str) -> Answer:
        """GET device/checksum/: learns where the device is, tells what it should have."""
        management_ip = form.get("management_ip") or ""

        def read(session: Session) -> tuple[Device, Config]:
            return _known(session, device_id, form)

        async def ask() -> str:
            device, config = await self._database.aread(read)
            if (device.last_ip or "", device.management_ip or "") != (remote, management_ip):
                await self._database.awrite(
                    lambda session: _learn(session, device.id, management_ip, remote)
                )
            if not config.checksum:
                await self._settled()
                _, config = await self._database.aread(read)
            return config.checksum

        return await _told(ask)

    async def download(self, device_id: str, form: Form) -> Answer:
        """GET device/download-config/: the bytes that the checksum is of."""
        vault = await asyncio.to_thread(self._vault)

        def read(session: Session) -> tuple[str, bytes]:
            device, config = _known(session, device_id, form)
            if not config.checksum:
                return device.name, b""
            return device.name, configs.archive(session, Box(session, vault), config)

        try:
            name, archive = await self._database.aread(read)
            if not archive:
                await self._settled()
                name, archive = await self._database.aread(read)
        except Refusal as refusal:
            return Answer(refusal.status, refusal.text.encode())
        if not archive:
            return Answer(404, b"error: not found")
        return Answer(200, archive, f"{name}.tar.gz")

    async def update_info(self, device_id: str, form: Form) -> Answer:
        """POST device/update-info/: os, model, system."""

        def write(session: Session) -> str:
            device, _ = _known(session, device_id, form)
            if device.is_deactivated:
                raise Refusal(403, "error: device deactivated")
            told: DeviceFields = {}
            if form.get("os"):
                told["os"] = form["os"]
            if form.get("model"):
                told["model"] = form["model"]
            if form.get("system"):
                told["system"] = form["system"]
            try:
                devices.update(session, device.id, **told)
            except RuleError as error:
                raise Refusal(400, f"error: {error.sentence}") from error
            return "update-info: success"

        answer = await self._answer(write, 200)
        if answer.status == 200:
            await self._settled()  # another release may be rendered in another way
        return answer

    async def report_status(self, device_id: str, form: Form) -> Answer:
        """POST device/report-status/: applied or error, and why."""

        def write(session: Session) -> str:
            device, _ = _known(session, device_id, form)
            word = _required(form, "status")
            if configstatus.reported(word) is None:
                raise Refusal(403, "error: wrong status")
            config = configs.report(session, device.id, word, form.get("error_reason", ""))
            if config.status == Status.ERROR:
                said = f"{device.name} has gone back to its configuration before."
                hint = config.error_reason
                self._tell(session, [_broken(device, config)])
                told.append(Notice(f"config_error:{device.id}", said, hint, level="error"))
            return f"report-result: success\ncurrent-status: {config.status}\n"

        told: list[Notice] = []
        answer = await self._answer(write, 200)
        self._bus.publish(*told[-1:])  # a transaction may have run twice
        return answer

    async def _answer(self, write: Callable[[Session], str], status: int) -> Answer:
        async def ask() -> str:
            return await self._database.awrite(write)

        return await _told(ask, status)


async def _told(ask: Callable[[], Awaitable[str]], status: int = 200) -> Answer:
    try:
        return Answer(status, (await ask()).encode())
    except Refusal as refusal:
        return Answer(refusal.status, refusal.text.encode())


def _registered(session: Session, text: str) -> Telling:
    """What is told of a registration; `text` is what the agent is answered."""
    said = dict(line.split(": ", 1) for line in text.splitlines())
    device = session.get_one(Device, UUID(said["uuid"]))
    return telling(
        "device_registered",
        now(),
        organization_id=device.organization_id,
        device_id=device.id,
        device=device.name,
        condition="A new" if said["is-new"] == "1" else "The existing",
    )


def _broken(device: Device, config: Config) -> Telling:
    return telling(
        "config_error",
        now(),
        organization_id=device.organization_id,
        device_id=device.id,
        device=device.name,
        reason=config.error_reason,
    )


def _known(session: Session, device_id: str, form: Form) -> tuple[Device, Config]:
    """The device that asks, once it has shown its key. Raises Refusal."""
    try:
        device = session.get(Device, UUID(device_id))
    except ValueError:
        device = None
    config = configs.find(session, device.id) if device is not None else None
    if device is None or config is None or config.status == Status.DEACTIVATED:
        raise Refusal(404, "error: not found")
    if not session.get_one(Organization, device.organization_id).is_active:
        raise Refusal(404, "error: not found")
    key = _required(form, "key")
    if not hmac.compare_digest(key.encode(), device.key.encode()):
        raise Refusal(403, "error: wrong key")
    return device, config


def _required(form: Form, name: str) -> str:
    if not form.get(name):
        raise Refusal(400, f'error: missing required parameter "{name}"')
    return form[name]


def _learn(session: Session, device_id: UUID, management_ip: str, remote: str) -> None:
    """The address it came from is the last one; a management address that it no longer tells is
    forgotten, for `Device.address` is where an operator writes one down."""
    try:
        addresses.learn(session, device_id, management_ip=management_ip, last_ip=remote)
    except RuleError as error:
        raise Refusal(400, f"error: {error.sentence}") from error
