"""Find routers in networks: bounded, each address under deadlines, nobody is logged in to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import chain
from typing import Any

from owtui.engine.transport import probe
from owtui.errors import InputError
from storage.hostkeys import fingerprint

MOST = 65_536  # addresses: a /16
AT_ONCE = 64
SSH_PORTS = (22,)
HTTP_PORTS = (80, 443)

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Found:
    """Something at an address. `ssh` is its banner, `host_key` its public key, `device` the name
    of a device of the inventory that has this address.
    """

    address: str
    port: int = 22
    ssh: str = ""
    host_key: str = ""
    http_url: str = ""
    ubus: bool = False
    luci: bool = False
    device: str = ""

    @property
    def openwrt(self) -> bool:
        """Whether it looks like OpenWrt: ubus, LuCI or dropbear."""
        return self.ubus or self.luci or "dropbear" in self.ssh.lower()

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "address": self.address,
            "port": self.port,
            "ssh": self.ssh,
            "host_key": fingerprint(self.host_key) if self.host_key else "",
            "http_url": self.http_url,
            "ubus": self.ubus,
            "luci": self.luci,
            "openwrt": self.openwrt,
            "device": self.device,
        }


Look = Callable[[str, Sequence[int], Sequence[int]], Awaitable[tuple[Found, ...]]]


def networks(cidrs: Sequence[str]) -> tuple[Network, ...]:
    """Read networks and single addresses. Raises InputError, also for more than a /16."""
    found = []
    for text in cidrs:
        try:
            found.append(ip_network(text.strip(), strict=False))
        except ValueError:
            raise InputError(
                f"“{text}” is no network.", "Write it as 192.0.2.0/24 or 192.0.2.1."
            ) from None
    size = sum(network.num_addresses for network in found)
    if size > MOST:
        raise InputError(
            f"{', '.join(cidrs)} has {size} addresses; a scan takes {MOST} at most (a /16).",
            "Scan the parts where routers are.",
        )
    return tuple(found)


async def look(address: str, ports: Sequence[int], http_ports: Sequence[int]) -> tuple[Found, ...]:
    """Look at one address over the network: one Found for each SSH server, or one for HTTP."""
    banners, webs = await asyncio.gather(
        asyncio.gather(*(probe.banner(address, port) for port in ports)),
        asyncio.gather(*(probe.web(address, port) for port in http_ports)),
    )
    served = [web for web in webs if web is not None and (web.ubus or web.luci)]
    first = served[0] if served else None
    bare = Found(address)
    if first is not None:
        bare = replace(bare, http_url=first.url, ubus=first.ubus, luci=first.luci)
    shells = [(port, text) for port, text in zip(ports, banners, strict=True) if text]
    keys = await asyncio.gather(*(probe.host_key(address, port) for port, _ in shells))
    found = [
        replace(bare, port=port, ssh=text, host_key=key)
        for (port, text), key in zip(shells, keys, strict=True)
    ]
    return tuple(found) or ((bare,) if first is not None else ())


async def scan(
    cidrs: Sequence[str],
    *,
    ports: Sequence[int] = SSH_PORTS,
    http_ports: Sequence[int] = HTTP_PORTS,
    look: Look = look,
    at_once: int = AT_ONCE,
    progress: Callable[[int, int], None] | None = None,
) -> AsyncGenerator[Found, None]:
    """Look at every host of the networks and give what answers, as it answers.

    `progress` is told (addresses done, addresses in all). Raises InputError before the first one.
    """
    wanted = networks(cidrs)
    total = sum(_hosts(network) for network in wanted)
    addresses = iter(dict.fromkeys(chain.from_iterable(map(_addresses, wanted))))
    results: asyncio.Queue[tuple[Found, ...] | None] = asyncio.Queue()

    async def work() -> None:
        try:
            for address in addresses:
                results.put_nowait(await look(address, ports, http_ports))
        finally:
            results.put_nowait(None)

    workers = [
        asyncio.create_task(work(), name=f"scan {n}") for n in range(min(at_once, total) or 1)
    ]
    done, left = 0, len(workers)
    try:
        while left:
            found = await results.get()
            if found is None:
                left -= 1
                continue
            done += 1
            if progress is not None:
                progress(done, total)
            for one in found:
                yield one
        await asyncio.gather(*workers)  # a worker that broke says so
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


def _addresses(network: Network) -> Iterator[str]:
    return map(str, network.hosts())


def _hosts(network: Network) -> int:
    """How many addresses `hosts()` gives."""
    if network.prefixlen >= network.max_prefixlen - 1:
        return network.num_addresses
    return network.num_addresses - (2 if network.version == 4 else 1)
