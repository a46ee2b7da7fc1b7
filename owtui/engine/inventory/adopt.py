"""From something found to a device: log in with what we have, read facts, draft it.

The login trusts exactly the host key that the scan saw. Nothing is changed on the router: a key is
installed afterwards, by the action of that name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from owtui.engine.inventory.draft import Access, Draft
from owtui.engine.inventory.scan import Found
from owtui.engine.openwrt.facts import Facts
from owtui.engine.openwrt.shell import SshRouter
from owtui.engine.transport.base import Deadlines, HostKeyPolicy, Login, Target
from owtui.engine.transport.dial import Dialer
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.errors import InputError
from storage import rules
from storage.errors import RuleError

DEFAULT_NAME = "openwrt"  # what every router is called before somebody names it


@dataclass(frozen=True, slots=True)
class Candidate:
    """Credentials to try, by the name they have in the inventory."""

    name: str
    login: Login


@dataclass(frozen=True, slots=True)
class Adoption:
    """What came of it. `factory`: the router lets anybody in, so no credential was proven."""

    draft: Draft
    facts: Facts
    credentials: str
    factory: bool

    @property
    def warning(self) -> str:
        """What the operator must know before he goes on; "" for nothing."""
        if not self.factory:
            return ""
        return "Any password gets in: it has none set. Give it one with change_password."


async def adopt(
    found: Found, candidates: Sequence[Candidate], deadlines: Deadlines | None = None
) -> Adoption:
    """Log in to what a scan found and draft the device.

    A factory device needs no candidates. Raises InputError when there is no SSH, DeviceError when
    nothing logs in or the host key is another than the scan saw.
    """
    if not found.ssh or not found.host_key:
        raise InputError(f"{found.address} has no SSH server that showed its host key.")
    owner = uuid4()
    book = MemoryHostKeys({owner: [found.host_key]})
    stranger = Candidate("", Login(None, "none"))
    tried = {uuid4(): candidate for candidate in candidates or (stranger,)}
    logins = tuple(
        replace(each.login, connection_id=id, port=found.port, legacy_host_keys=True)
        for id, each in tried.items()
    )
    target = Target(owner, found.address, (found.address,), logins, HostKeyPolicy.STRICT)
    connection = await Dialer(book, deadlines or Deadlines()).connect(target)
    try:
        facts = await SshRouter(connection, found.address).facts()
    finally:
        connection.close()
        await connection.wait_closed()
    factory = connection.factory
    used = connection.login.connection_id
    name = tried[used].name if used is not None and not factory else ""
    return Adoption(_draft(found, facts, name), facts, name, factory)


def _draft(found: Found, facts: Facts, credentials: str) -> Draft:
    login = Access(
        login="" if credentials else "none",
        user="" if credentials else "root",
        credentials=credentials or "factory: root",
        port=found.port,
        http_url=found.http_url if found.ubus else "",
    )
    return Draft(
        line=1,
        name=_name(found, facts),
        address=found.address,
        mac_address=facts.mac,
        model=facts.model[:64],
        os=facts.description[:128],
        system=facts.system[:128],
        host_keys=(found.host_key,),
        access=login,
    )


def _name(found: Found, facts: Facts) -> str:
    """Its host name; what no name can be, or every router has, gives way to MAC or address."""
    try:
        name = rules.device_name(facts.hostname)
    except RuleError:
        name = ""
    if name and name.lower() != DEFAULT_NAME:
        return name
    tail = (facts.mac or found.address).replace(":", "").replace(".", "-").lower()
    return f"{DEFAULT_NAME}-{tail[-6:] if facts.mac else tail}"
