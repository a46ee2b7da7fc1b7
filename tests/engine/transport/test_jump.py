"""Devices behind jump hosts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID, uuid4

import asyncssh
import pytest

from owtui.engine.transport.base import Deadlines, Login, Target
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.engine.transport.jump import HopSpec
from owtui.engine.transport.pool import Pool
from owtui.errors import DeviceError, HostKeyError, InputError, Kind, UnreachableError
from storage.secrets import Secret
from tests.engine.transport.sshserver import Server, public

KEY = asyncssh.generate_private_key("ssh-ed25519")
PEM = Secret(KEY.export_private_key().decode())


class Site:
    """A device behind two hops, all with the same key."""

    def __init__(self, outer: Server, inner: Server, device: Server) -> None:
        self.outer, self.inner, self.device = outer, inner, device
        self.chain = tuple(f"root@{hop.address}:{hop.port}" for hop in (outer, inner))
        self.targets: dict[UUID, Target] = {}
        self.named: dict[str, Target] = {}
        self.book = MemoryHostKeys()
        self.pool = Pool(
            self.resolve, self.book, Deadlines(idle_s=0.0), resolve_jump=self.resolve_jump
        )

    def add(self, **changes: object) -> UUID:
        login = Login(uuid4(), "key", secret=PEM, port=self.device.port, jump=self.chain)
        login = replace(login, **changes)  # type: ignore[arg-type]  # any field
        target = self.device.target(login)
        self.targets[target.device_id] = target
        return target.device_id

    async def resolve(self, device_id: UUID) -> Target:
        return self.targets[device_id]

    async def resolve_jump(self, text: str) -> Target | None:
        return self.named.get(text)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with (
        Server(password=None, keys=(KEY,)) as outer,
        Server(password=None, keys=(KEY,)) as inner,
        Server(password=None, keys=(KEY,)) as device,
    ):
        running = Site(outer, inner, device)
        yield running
        await running.pool.close()


async def test_a_chain_is_walked_from_the_outermost_hop(site: Site) -> None:
    async with site.pool.shell(site.add()) as shell:
        assert (await shell.run("x")).ok
    assert site.outer.forwards == [(site.inner.address, site.inner.port)]
    assert site.inner.forwards == [(site.device.address, site.device.port)]


async def test_each_hop_is_known_by_a_host_key_of_its_own(site: Site) -> None:
    async with site.pool.shell(site.add()):
        pass
    for hop in (site.outer, site.inner):
        assert site.book.keys[f"{hop.address}:{hop.port}"] == (public(hop.host_keys[0]),)


async def test_a_changed_key_of_a_hop_stops_there(site: Site) -> None:
    owner = f"{site.inner.address}:{site.inner.port}"
    site.book.keys[owner] = (public(asyncssh.generate_private_key("ssh-ed25519")),)
    with pytest.raises(HostKeyError, match=f"ap-1: jump host {owner}: .* changed"):
        async with site.pool.shell(site.add()):
            pass
    assert (site.inner.logins, site.inner.forwards) == ([], [])


async def test_devices_behind_one_chain_share_its_hops_which_close_after_them(site: Site) -> None:
    devices = [site.add() for _ in range(5)]

    async def ask(device: UUID) -> bool:
        async with site.pool.shell(device) as shell:
            return (await shell.run("x")).ok

    assert all(await asyncio.gather(*(ask(device) for device in devices)))
    assert len(site.device.logins) == 5
    assert (len(site.outer.logins), len(site.inner.logins)) == (1, 1)
    await asyncio.gather(*(c.wait_closed() for c in site.device.connections))
    await asyncio.gather(*(c.wait_closed() for c in site.outer.connections))


async def test_nobody_passes_a_hop_on_the_key_of_another_device(site: Site) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519")
    pem = Secret(stranger.export_private_key().decode())
    site.device.keys = (KEY, stranger)
    mine, other = site.add(), site.add(secret=pem)
    async with site.pool.shell(mine):
        with pytest.raises(DeviceError) as told:
            async with site.pool.shell(other):
                pass
    assert "jump host" in told.value.sentence


async def test_a_hop_may_be_a_device_of_the_inventory(site: Site) -> None:
    hop = site.outer.target(Login(uuid4(), "key", secret=PEM, port=site.outer.port))
    site.named["gateway"] = replace(hop, name="gateway")
    async with site.pool.shell(site.add(jump=("gateway",))) as shell:
        assert (await shell.run("x")).ok
    assert hop.device_id in site.book.keys


@pytest.mark.parametrize("back", ["gateway", "roof"])
async def test_a_hop_that_leads_back_to_itself_is_told_at_once(site: Site, back: str) -> None:
    for name, jump in (("gateway", back), ("roof", "gateway")):
        login = Login(uuid4(), "key", secret=PEM, port=site.outer.port, jump=(jump,))
        site.named[name] = replace(site.outer.target(login), name=name)
    with pytest.raises(DeviceError, match="gateway is reached through itself"):
        async with asyncio.timeout(30), site.pool.shell(site.add(jump=("gateway",))):
            pass
    site.named["gateway"] = site.outer.target(
        Login(uuid4(), "key", secret=PEM, port=site.outer.port)
    )
    async with site.pool.shell(site.add(jump=("gateway",))) as shell:
        assert (await shell.run("x")).ok


async def test_a_password_is_not_given_to_a_jump_host(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    site.outer.password = "secret"
    with pytest.raises(DeviceError, match="is not given to another machine") as caught:
        async with site.pool.shell(site.add(kind="password", secret=Secret("secret"))):
            pass
    assert caught.value.kind is Kind.AUTH
    assert site.outer.passwords == []


async def test_a_device_that_the_hop_cannot_reach_is_told_with_the_hop(site: Site) -> None:
    device = site.add(jump=site.chain[:1], port=1)
    with pytest.raises(UnreachableError, match=r"no way to 127\.0\.0\.1 port 1 through root@"):
        async with site.pool.shell(device):
            pass


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("ops@gw.example:2222", HopSpec("gw.example", 2222, "ops")),
        ("gw", HopSpec("gw")),
        ("root@[fe80::1]:22", HopSpec("fe80::1", 22, "root")),
        ("fd00::2", HopSpec("fd00::2")),
    ],
)
def test_hops_are_written_as_proxyjump_writes_them(text: str, spec: HopSpec) -> None:
    assert HopSpec.parse(text) == spec


@pytest.mark.parametrize("text", ["", "a@", "gw:x", "gw:0", "gw:70000"])
def test_what_is_no_hop_is_said(text: str) -> None:
    with pytest.raises(InputError, match="is no jump host"):
        HopSpec.parse(text)
