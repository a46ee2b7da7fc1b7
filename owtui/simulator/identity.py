"""Who one device is: everything the fleet's seed decides about it beforehand."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

from .configs import Site
from .routing import Wiring


@dataclass(frozen=True, slots=True)
class Identity:
    """A device before its first boot. Addresses: `address` is where its sockets listen."""

    index: int
    name: str
    model: str
    release: str
    seed: int
    address: str
    mac: str
    lan_address: str
    wan_address: str
    uplink_mac: str
    password: str
    group: str
    tags: tuple[str, ...]
    organization: str = "lab"
    zone: str = ""
    uplink: int | None = None
    luci: str = "luci"
    authorized_key: str = ""
    wiring: Wiring = field(default_factory=Wiring, compare=False, repr=False)

    def site(self) -> Site:
        """Return what its factory configuration is filled in with."""
        digest = hashlib.sha256(f"{self.seed}".encode()).hexdigest()
        ula = f"fd{digest[:2]}:{digest[2:6]}:{digest[6:10]}::/48"
        gateway = self.lan_address.rpartition(".")[0] + ".1"
        channels = ((1, 6, 11)[self.seed % 3], (36, 44, 52, 100)[self.seed % 4])
        return Site(self.name, self.lan_address, ula, "Lab-1", "labwifikey", channels, gateway)


def shadow_hash(password: str, salt: str) -> str:
    """Return a hash for /etc/shadow in the form of crypt's $5$; "" for no password."""
    if not password:
        return ""
    digest = hashlib.sha256(f"{salt}{password}".encode()).digest()
    return f"$5${salt}${base64.b64encode(digest, b'./').decode().rstrip('=')}"


def password_fits(password: str, hashed: str) -> bool:
    """Tell whether a password opens an account; an empty hash lets any in (factory)."""
    if not hashed:
        return True
    parts = hashed.split("$")
    return len(parts) == 4 and shadow_hash(password, parts[2]) == hashed


def first_host_secret(identity: Identity) -> bytes:
    """Return the secret of the host key a device is born with, known without making it."""
    return hashlib.sha256(f"host key {identity.seed}".encode()).digest()
