"""Collecting: one line of shell, on every image there is, and the same document over ubus."""

from __future__ import annotations

import json
import os
import subprocess
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.monitoring.document import Document, check
from owtui.engine.openwrt import collect
from owtui.engine.openwrt.collect import Report
from owtui.engine.openwrt.rpc import UbusRouter
from owtui.engine.openwrt.shell import SshRouter
from owtui.engine.transport.base import CommandResult
from owtui.engine.transport.jsonrpc import Call
from owtui.engine.transport.ubus import Outcome
from owtui.errors import DeniedError, MissingError, ProtocolError
from owtui.simulator.bus.core import UbusError
from owtui.simulator.jsontext import compact
from owtui.simulator.models import MODELS, RELEASES, releases_for
from tests.simulator.rig import Bench, identity
from tests.tools import tool

TOKEN = "0123456789abcdef"
VISITED = 6  # a device with eight clients
IMAGES = [(model.key, one.version) for model in MODELS.values() for one in releases_for(model)]


class BenchShell:
    """The shell of a simulated device without sockets."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.bytes = 0
        self.commands = 0

    async def run(
        self, command: str, *, stdin: bytes = b"", timeout: float | None = None
    ) -> CommandResult:
        out, err, status = await self.bench.raw(command, stdin)
        self.bytes, self.commands = len(out), self.commands + 1
        return CommandResult(out, err, status)

    async def upload(self, *args: object, **named: object) -> bool:
        raise AssertionError("nothing is written while collecting")


class BenchRpc:
    """Its ubus; `refused` objects are denied."""

    name = "ap-01"

    def __init__(self, bench: Bench, refused: Sequence[str] = ()) -> None:
        self.bench = bench
        self.refused = refused
        self.batches: list[int] = []

    async def batch(self, calls: Sequence[Call], *, timeout: float | None = None) -> list[Outcome]:
        self.batches.append(len(calls))
        return [await self._one(call) for call in calls]

    async def call(self, *args: object, **named: object) -> dict[str, object]:
        raise AssertionError("collecting is one batch")

    async def _one(self, call: Call) -> Outcome:
        if call.words in self.refused:
            return DeniedError("Access denied.")
        try:
            answer = await self.bench.device.bus.call(call.obj, call.method, call.args)
        except UbusError as error:
            return MissingError(str(error))
        told: dict[str, object] = json.loads(compact(answer or {}))
        return told


def bench_of(model: str = "archer-c6-v3", release: str = "24.10.6") -> Bench:
    return Bench(identity(model=model, release=release))


async def over_ssh(bench: Bench) -> Report:
    return await SshRouter(BenchShell(bench), "ap-01", lambda: TOKEN).collect()


def router_over_ubus(rpc: BenchRpc) -> UbusRouter:
    return UbusRouter(rpc, lambda: TOKEN)


@pytest.mark.parametrize(("model", "release"), IMAGES)
async def test_every_image_tells_the_same_over_both_transports(model: str, release: str) -> None:
    bench = bench_of(model, release)
    shell, rpc = BenchShell(bench), BenchRpc(bench)
    told = await SshRouter(shell, "ap-01", lambda: TOKEN).collect(("/etc/passwd",))
    same = await router_over_ubus(rpc).collect(("/etc/passwd",))
    check(told.document)
    assert told.document == same.document
    assert told.fingerprint == same.fingerprint is not None
    assert (shell.commands, len(rpc.batches)) == (1, 1)
    assert shell.bytes < 6_000
    sections = {"general", "resources", "interfaces", "neighbors"}
    assert sections <= told.document.keys()
    radios = [one for one in told.document["interfaces"] if one["type"] == "wireless"]
    assert len(radios) == len(MODELS[model].radios)
    resources = told.document["resources"]
    assert resources.keys() == {"load", "cpus", "memory", "swap", "disk"}
    assert resources["cpus"] == MODELS[model].cpus
    assert [one["mount_point"] for one in resources["disk"]] == ["/rom", "/overlay"]


async def test_every_release_is_among_the_images() -> None:
    assert {release for _, release in IMAGES} == RELEASES.keys()


async def test_without_commands_the_names_of_radios_are_remembered() -> None:
    bench = bench_of()
    rpc = BenchRpc(bench, ["file exec"])
    router = router_over_ubus(rpc)
    first = (await router.collect()).document
    assert len(rpc.batches) == 2, "who the radios are is found out"
    second = (await router.collect()).document
    assert len(rpc.batches) == 3
    whole = (await over_ssh(bench)).document
    assert first == second
    assert first["interfaces"] == whole["interfaces"]
    assert [one["filesystem"] for one in first["resources"]["disk"]] == ["rootfs"]
    assert {one["ip"] for one in first["neighbors"]} == {one["ip"] for one in whole["neighbors"]}
    assert "dhcp_leases" not in first


PARTS = {
    "network.device status": "interfaces",
    "iwinfo info": "",
    "network.wireless status": "",
    "system info": "",
}


@pytest.mark.parametrize("refused", [*PARTS])
async def test_what_is_missing_takes_nothing_else_along(refused: str) -> None:
    bench = bench_of()
    whole = (await over_ssh(bench)).document
    rpc = BenchRpc(bench, [refused])
    told = (await router_over_ubus(rpc).collect()).document
    check(told)
    assert {*told} == {*whole} - {PARTS[refused]}


async def test_tools_that_an_image_lacks_degrade_field_by_field(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = bench_of("apu2")
    whole = (await over_ssh(bench)).document
    assert [one["name"] for one in whole["interfaces"] if "mobile" in one] == ["wwan0"]
    (mobile,) = (one["mobile"] for one in whole["interfaces"] if "mobile" in one)
    assert set(mobile["signal"]) == {"lte"}
    installed = bench.device.installed

    async def without(*names: str) -> Document:
        monkeypatch.setattr(
            bench.device, "installed", lambda name: None if name in names else installed(name)
        )
        found = (await over_ssh(bench)).document
        check(found)
        return found

    assert await without("gzip") == whole
    assert not any("mobile" in one for one in (await without("mmcli"))["interfaces"])
    stateless = [{k: v for k, v in one.items() if k != "state"} for one in whole["neighbors"]]
    assert (await without("ip"))["neighbors"] == stateless, "ARP knows no states"
    (disk,) = (await without("df"))["resources"]["disk"]
    assert disk["filesystem"] == "rootfs", "what procd tells of it"
    bare = await without("ubus", "iwinfo", "ip", "mmcli", "df", "gzip")
    assert set(bare) == {"type", "general", "resources", "neighbors"}
    assert bare["resources"]["memory"]["total"] == whole["resources"]["memory"]["total"]


async def test_the_command_iwinfo_stands_in_for_its_object() -> None:
    bench = bench_of()
    whole = radios_of((await over_ssh(bench)).document)
    bench.device.services.stop("rpcd")
    told = radios_of((await over_ssh(bench)).document)
    assert told == whole and len(told) == 2


def radios_of(document: Document) -> list[dict[str, Any]]:
    return [one["wireless"] for one in document["interfaces"] if "wireless" in one]


async def test_counters_only_grow_while_clients_come_and_go() -> None:
    bench = Bench(identity(seed=VISITED))
    clients = set()
    before: dict[str, dict[str, int]] = {}
    for _ in range(24):
        told = (await over_ssh(bench)).document
        now = {one["name"]: one["statistics"] for one in told["interfaces"]}
        for name, counters in before.items():
            assert all(counters[key] <= now[name][key] for key in counters), name
        before = now
        here = {c["mac"] for radio in radios_of(told) for c in radio["clients"]}
        states = {one["mac"]: one["state"] for one in told["neighbors"]}
        assert here == {mac for mac, state in states.items() if state == "REACHABLE"} - {
            bench.device.identity.uplink_mac
        }
        assert here <= {one["mac"] for one in told["dhcp_leases"]}
        clients.add(frozenset(here))
        await bench.time.sleep(1500)
    assert len(clients) > 3, "nobody came or went"


def ash(folder: Path, *applets: str) -> bytes:
    """The answer of real busybox with these applets alone."""
    busybox = tool("busybox", "busybox-static")
    for applet in applets:
        (folder / applet).symlink_to(busybox)
    done = subprocess.run(
        [busybox, "ash", "-c", collect.script(TOKEN)],
        env={**os.environ, "PATH": str(folder)},
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    return done.stdout


def test_the_script_runs_in_real_ash_with_and_without_gzip(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    plain = ash(tmp_path / "a", "cat", "grep", "date", "df")
    packed = ash(tmp_path / "b", "cat", "grep", "date", "df", "gzip")
    assert packed.startswith(b"\x1f\x8b") and not plain.startswith(b"\x1f\x8b")
    for answer in (plain, packed):
        report = collect.read(answer, TOKEN, "ssh")
        check(report.document)
        assert report.document["resources"]["memory"]["total"] > 0
        assert report.facts.memory_total == report.document["resources"]["memory"]["total"]


def compressed(data: bytes) -> bytes:
    packing = zlib.compressobj(wbits=31)
    return packing.compress(data) + packing.flush()


def answers(parts: dict[str, bytes]) -> Iterator[bytes]:
    mark = TOKEN.encode()
    out = b"".join(b"\n%s %s\n%s" % (mark, n.encode(), v) for n, v in parts.items())
    whole = out + b"\n%s end\n" % mark
    yield from (out, whole, compressed(whole), compressed(whole)[:-9], b"\x1f\x8b" + whole)


NAMES = [*collect.MORE, "board", "info", "devices", "interfaces", "df"]
marks = st.sampled_from([b"\n%s radio w\n" % TOKEN.encode(), b"\n%s stations w\n" % TOKEN.encode()])
pieces = st.lists(st.binary(max_size=30) | marks | st.just(b'{"clients":{"a":{}}}'), max_size=5)


@given(st.dictionaries(st.sampled_from(NAMES), pieces.map(b"".join)))
def test_any_bytes_are_a_document_or_a_protocol_error(parts: dict[str, bytes]) -> None:
    for answer in answers(parts):
        try:
            report = collect.read(answer, TOKEN, "ssh")
        except ProtocolError:
            continue
        check(report.document)


def test_an_answer_that_unpacks_without_end_is_refused() -> None:
    with pytest.raises(ProtocolError, match="cut short"):
        collect.read(compressed(b"\0" * (collect.LARGEST + 1)), TOKEN, "ssh")


def test_the_token_stands_in_each_place_of_the_command_line() -> None:
    line = collect.script(TOKEN)
    assert "TOKEN" not in line
    assert f'echo "{TOKEN} radio $d"' in line
