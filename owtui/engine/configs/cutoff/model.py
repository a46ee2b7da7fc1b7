"""What the verdict is asked and what it answers."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, replace
from typing import Literal

from owtui.engine.configs.model import SeenFrom
from storage.secrets import Secret

Level = Literal["safe", "doubt", "certain"]
RANK: dict[Level, int] = {"safe": 0, "doubt": 1, "certain": 2}

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
Net = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Way:
    """How we come in: the connection that works now and would be lost.

    `address` is what is dialled, `seen` how the device itself sees it: behind NAT, a port
    forwarding or a jump host the two differ, and what must survive is what the device sees.
    `public_keys` are lines "ssh-ed25519 AAAA…" of the keys that may log in; none: not known.
    `netdev` is the port or radio by which our frames come in, where something tells it ("lan1").
    """

    address: str
    port: int = 22
    transport: Literal["ssh", "http"] = "ssh"
    tls: bool = False  # of http
    user: str = "root"
    login: Literal["password", "key", "agent", "none"] = "password"
    public_keys: tuple[str, ...] = ()
    password: Secret | None = field(default=None, repr=False)
    jump: tuple[str, ...] = ()
    seen: SeenFrom = field(default_factory=SeenFrom)
    netdev: str = ""

    @property
    def server(self) -> Ip | None:
        """Our end at the device: what it saw, else the literal address that is dialled."""
        return ip_of(self.seen.server) or ip_of(self.address)

    @property
    def client(self) -> Ip | None:
        """Where we come from in the device's eyes; of a jump, the jump host."""
        return ip_of(self.seen.client)

    @property
    def server_port(self) -> int:
        """The port on which the device answers."""
        return self.seen.port or self.port

    @property
    def entrance(self) -> Entrance:
        """Where the device is dialled."""
        return Entrance(self.address, self.port)

    def moved(self, to: Entrance) -> Way:
        """Return the same way in at another address or port."""
        if (to.address, to.port) == (self.address, self.port):
            return self
        server = self.seen.server if to.address == self.address else to.address
        port = self.server_port if to.port == self.port else to.port
        seen = SeenFrom(self.seen.client, server, port)
        return replace(self, address=to.address, port=to.port, seen=seen)


@dataclass(frozen=True, slots=True)
class Entrance:
    """An address and port where a device can be dialled."""

    address: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the way in is lost, or may be: what happens, where it is written, what to do.

    `package`, `section` and `option` name the place in UCI, or `package` a path; each may be "".
    """

    level: Level
    sentence: str
    package: str = ""
    section: str = ""
    option: str = ""
    hint: str = ""

    @property
    def place(self) -> str:
        """package.section.option, as `uci show` prints it."""
        return ".".join(part for part in (self.package, self.section, self.option) if part)

    def softened(self) -> Reason:
        """Return the same as a doubt at most."""
        return replace(self, level="doubt") if self.level == "certain" else self


@dataclass(frozen=True, slots=True)
class CutOff:
    """The verdict. `new_way`: where the device would be dialled after the change, if that differs.

    A certain cut-off blocks a push unless the new way in was given and `level` is of that way.
    """

    level: Level = "safe"
    reasons: tuple[Reason, ...] = ()
    new_way: Entrance | None = None


def worst(reasons: tuple[Reason, ...] | list[Reason]) -> Level:
    """Return the highest level among reasons; safe without any."""
    return max((r.level for r in reasons), key=RANK.__getitem__, default="safe")


def ip_of(text: str) -> Ip | None:
    """Read a literal address; a zone is cut off, an IPv4 one inside IPv6 taken out."""
    try:
        ip = ipaddress.ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    return ip
