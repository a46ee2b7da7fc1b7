"""Documents come over SSH from simulated devices, over HTTP, and never as a half."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from owtui.engine.openwrt.reach import Reach
from owtui.engine.topology import asking, fetching
from owtui.engine.topology.formats.base import Format
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.graph import Graph
from owtui.engine.topology.neighbours import neighbours
from owtui.engine.topology.told import Told
from owtui.engine.transport.base import HostKeyPolicy, Login, Target
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.engine.transport.pool import Pool
from owtui.errors import DeadlineError, InputError, Kind, ProtocolError
from owtui.simulator import Fleet, FleetSpec
from storage.secrets import Secret
from tests.engine.topology.formats.samples import AT, WIREGUARD

FORMATS = Formats.load()
ASKED = ("lldp", "babel", "olsr", "batman", "wireguard")


class Rig:
    """A fleet, and the engine's way to it."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.ids = {device.name: uuid4() for device in fleet.devices}
        self.names = {id_: name for name, id_ in self.ids.items()}
        keys = {self.ids[device.name]: (device.host_key,) for device in fleet.devices}
        self.pool = Pool(self.resolve, MemoryHostKeys(keys))
        self.reach = Reach(self.pool, self.resolve)

    async def resolve(self, device_id: UUID) -> Target:
        device = self.fleet[self.names[device_id]]
        login = Login(uuid4(), "password", secret=Secret(device.password), port=device.port)
        name, where = self.names[device_id], (device.address,)
        return Target(device_id, name, where, (login,), HostKeyPolicy.STRICT)

    async def ask(self, *ids: str, **more: Any) -> dict[UUID, fetching.Answer]:
        formats = [FORMATS.get(id_) for id_ in ids]
        wanted = {id_: (name, formats) for name, id_ in self.ids.items()}
        return await fetching.from_devices(self.reach, wanted, **more)

    def wires(self, *without: str) -> set[frozenset[str]]:
        """The links that the fleet's shape has, by the names of their ends."""
        devices = self.fleet.devices
        return {
            frozenset((one.name, devices[one.identity.uplink].name))
            for one in devices
            if one.identity.uplink is not None
            and not {one.name, devices[one.identity.uplink].name} & set(without)
        }


@pytest.fixture(scope="module")
def rig_maker() -> FleetSpec:
    return FleetSpec(devices=5, shape="mesh", seed=11)


@pytest.fixture
async def rig(rig_maker: FleetSpec) -> AsyncIterator[Rig]:
    async with Fleet(rig_maker) as fleet:
        made = Rig(fleet)
        yield made
        await made.pool.close()


def pairs(rig: Rig, id_: str, graph: Graph | None) -> set[frozenset[str]]:
    """The links by names of devices: by label, or by the addresses that are the device's."""
    assert graph is not None
    by_address = {}
    for device in rig.fleet.devices:
        member = device.identity.wiring.members[device.identity.index]
        of = (member.address, member.key(), member.mac[:-2] + f"{int(member.mac[-2:], 16) + 1:02x}")
        by_address |= dict.fromkeys(of, device.name)

    def name(end: str) -> str:
        node = graph.nodes[end]
        known = (by_address.get(one) for one in (end, *node.addresses))
        return node.label if id_ in ("lldp", "babel") else next(filter(None, known))

    return {frozenset(map(name, ends)) for ends in graph.links}


@pytest.mark.slow  # five devices log in
async def test_the_links_of_the_fleet_come_home_in_every_format_with_one_exec_a_device(
    rig: Rig,
) -> None:
    answers = await rig.ask(*ASKED)
    at = datetime.now(UTC)
    for id_ in ASKED:
        found = fetching.assemble(FORMATS.get(id_), answers, at, rig.names)
        assert not found.failures
        assert pairs(rig, id_, found.graph) == rig.wires(), id_
    for device in rig.fleet.devices:
        assert device.effects.commands.total() == 1
    told = answers[rig.ids[rig.fleet.devices[0].name]].documents["wireguard"].decode()
    for member in rig.fleet.devices[0].identity.wiring.members:
        assert member.key("private") not in told  # it never leaves the device
    assert "\t-\t" in told

    slow = rig.fleet.devices[0]  # its clock is; the age of a handshake is judged by it
    await slow.fault(clock_error_s=-7200.0)
    wireguard = FORMATS.get("wireguard")
    found = await fetching.read_devices(
        rig.reach, wireguard, {rig.ids[slow.name]: slow.name}, lambda: datetime.now(UTC)
    )
    below = [wire for wire in rig.wires() if slow.name in wire]
    assert found.graph is not None and len(found.graph.links) == len(below)
    assert "wg0" in found.graph.nodes  # alone it keeps the name it has on it

    gone = rig.fleet.devices[4]  # nobody is behind it
    await gone.fault(refused=True, unreachable=True)
    again = await rig.ask("lldp", timeout=1.0)
    part = fetching.assemble(FORMATS.get("lldp"), again, at, rig.names)
    assert [rig.names[id_] for id_ in part.failures] == [gone.name]
    assert part.failures[rig.ids[gone.name]].kind in (Kind.UNREACHABLE, Kind.LOST, Kind.TIMEOUT)
    assert pairs(rig, "lldp", part.graph) == rig.wires(gone.name)


@pytest.mark.slow  # five devices log in
async def test_the_documents_of_the_fleet_tell_the_same_links(rig: Rig) -> None:
    told = []
    for name, id_ in rig.ids.items():
        async with rig.reach.router(id_) as router:
            report = await router.collect()
        told.append(Told(id_, name, report.facts.mac, AT, report.document))
    found = neighbours(told, AT)
    names = {node.id: node.label for node in found.nodes.values()}
    assert {frozenset(names[end] for end in ends) for ends in found.links} == rig.wires()


async def test_what_a_device_lacks_or_refuses_is_said_beside_what_it_tells(rig: Rig) -> None:
    class Other(Format):
        id = "other"
        title = "Other"
        protocol = "other"
        command = "nosuchprogram"

        def read(self, text: str, at: datetime, options: Any) -> Graph:
            raise KeyError("a bug of the plug-in")

    class Refusing(Other):
        id = "refusing"
        command = "exit 3"

    class Empty(Other):
        id = "empty"
        command = "true"

    name, id_ = next(iter(rig.ids.items()))
    formats = [Other(), FORMATS.get("lldp"), Refusing(), Empty()]
    answer = await fetching.from_device(rig.reach, id_, name, formats)
    assert list(answer.documents) == ["lldp", "empty"]
    assert {key: failure.kind for key, failure in answer.failures.items()} == {
        "other": Kind.MISSING,
        "refusing": Kind.COMMAND,
    }
    assert "exit status 3" in answer.failures["refusing"].sentence
    read = fetching.assemble(Empty(), {id_: answer}, AT, rig.names)
    assert read.graph is None and "KeyError" in read.failures[id_].sentence
    with pytest.raises(InputError, match="cannot be asked for CNML"):
        await fetching.from_device(rig.reach, id_, name, [FORMATS.get("cnml")])


def test_what_a_deadline_cut_off_keeps_what_was_whole() -> None:
    token, formats = "t" * 24, [FORMATS.get("lldp"), FORMATS.get("babel")]
    whole = f"{token} 0\n{{}}\n\n{token} 0 0\n{token} 1\nBABEL 1.0\n"
    found = asking.read(whole.encode(), token, formats, "gw-1")
    assert found.documents == {"lldp": b"{}\n"} and found.at is None
    assert found.failures["babel"].kind is Kind.TIMEOUT


@pytest.fixture
async def server() -> AsyncIterator[str]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        path = request.split()[1].decode()
        body = WIREGUARD.encode() if path == "/wg" else b'{"lldp": {}}'
        status = {"/gone": "404 Not Found", "/moved": "301 Moved"}.get(path, "200 OK")
        if path == "/slow":
            await reader.read()  # until the other side has had enough
        elif path == "/large":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2000)
        else:
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
            )
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


async def test_a_url_is_fetched_and_several_stand_behind_each_other(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wireguard = FORMATS.get("wireguard")
    assert len((await fetching.read_url(wireguard, f"{server}/wg", lambda: AT)).links) == 1
    both = await fetching.from_url(f"{server}/a {server}/b")
    assert both == b'{"lldp": {}}\n{"lldp": {}}'
    for path, words in (("gone", "404 instead of 200"), ("moved", "301 instead of 200")):
        with pytest.raises(ProtocolError, match=words):
            await fetching.from_url(f"{server}/{path}")
    with pytest.raises(DeadlineError, match=r"within 0\.2 s"):
        await fetching.from_url(f"{server}/slow", timeout=0.2)
    monkeypatch.setattr(fetching, "LARGEST", 1000)
    with pytest.raises(ProtocolError, match="more than"):
        await fetching.from_url(f"{server}/large")
    for wrong in ("", "ftp://192.0.2.1/", "no url"):
        with pytest.raises(InputError):
            await fetching.from_url(wrong)
