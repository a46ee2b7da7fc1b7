"""Configurations as devices tell them: what moves, what is missing, what only its values tell."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from owtui.engine.openwrt import snapshot, sums, uci
from owtui.engine.openwrt.rpc import UbusRouter
from owtui.engine.openwrt.shell import SshRouter
from owtui.engine.transport.base import CommandResult
from owtui.errors import DeniedError, ProtocolError
from tests.engine.transport.ubus_server import READING, Files, UbusServer

TOKEN = "0123456789abcdef"
AT = datetime(2026, 11, 23, tzinfo=UTC)
LAN = b"config interface 'lan'\n\toption proto 'static'\n"


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def said(files: dict[str, bytes], **parts: str) -> bytes:
    """An answer of a device; `sums` are those of the files unless they are given."""
    parts.setdefault("sums", "".join(f"{md5(data)}  {path}\n" for path, data in files.items()))
    out = b"".join(
        b"\n%s file %s\n%s" % (TOKEN.encode(), path.encode(), data) for path, data in files.items()
    )
    out += b"".join(
        b"\n%s %s\n%s" % (TOKEN.encode(), n.encode(), t.encode()) for n, t in parts.items()
    )
    return out + b"\n%s end\n" % TOKEN.encode()


class Shell:
    """Gives one answer after another; `answers` make them from the token."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)

    async def run(
        self, command: str, *, stdin: bytes = b"", timeout: float | None = None
    ) -> CommandResult:
        return CommandResult(self.answers.pop(0), b"", 0)

    async def upload(self, *args: object, **options: object) -> bool:
        raise AssertionError("nothing is written")


def router(*answers: bytes) -> SshRouter:
    return SshRouter(Shell(*answers), "ap-01", lambda: TOKEN)


async def test_a_file_that_vanished_while_it_was_read_is_left_out() -> None:
    network, gone = "/etc/config/network", "/etc/config/gone"
    text = f"{md5(LAN)}  {network}\nmd5sum: can't open '{gone}': No such file or directory\n"
    found = await router(said({network: LAN, gone: b""}, sums=text)).configuration()
    assert (set(found.files), set(found.sums), found.unread) == ({network}, {network}, {})


async def test_a_file_that_moved_while_it_was_read_is_read_once_more() -> None:
    path = "/etc/config/network"
    moved = said({path: LAN}, sums=f"{md5(b'new')}  {path}\n")
    found = await router(moved, said({path: b"new"})).configuration()
    assert found.files[path].data == b"new"
    with pytest.raises(ProtocolError, match="rewritten while"):
        await router(moved, moved).configuration()


async def test_no_content_passes_for_another_part() -> None:
    path = "/etc/config/x"
    data = b"\n" + TOKEN[:-1].encode() + b" file /etc/config/y\n\n\n"
    found = await router(said({path: data, "/etc/config/z": b"\n"})).configuration()
    assert {p: f.data for p, f in found.files.items()} == {path: data, "/etc/config/z": b"\n"}


async def test_an_answer_without_its_end_is_no_configuration() -> None:
    whole = said({"/etc/config/network": LAN})
    with pytest.raises(ProtocolError, match="cut short"):
        await router(whole[:-20]).configuration()


@pytest.mark.parametrize("text", ["", "md5sum: can't open '/etc/config/*': No such file\n"])
async def test_a_device_without_any_package_has_no_fingerprint(text: str) -> None:
    with pytest.raises(ProtocolError, match="no configuration"):
        await router(text.encode()).fingerprint()
    assert sums.read(text) is None


def test_a_file_that_may_not_be_read_is_neither_absent_nor_known() -> None:
    refused = "md5sum: can't open '/etc/config/wireless': Permission denied\n"
    found = sums.read(f"{md5(LAN)}  /etc/config/network\n{refused}", ("/etc/shadow",))
    assert found is not None
    assert found.unread == ("/etc/config/wireless", "/etc/shadow")
    assert set(found.sums) == {"/etc/config/network"}


def test_staged_are_packages_with_something_in_them() -> None:
    text = (
        f"{md5(LAN)}  /etc/config/network\n{md5(b'x')}  /tmp/.uci/network\n"
        f"{md5(b'')}  /tmp/.uci/system\n"
    )
    found = sums.read(text)
    assert found is not None and found.staged == ("network",)


def test_comments_quotes_and_the_order_of_options_do_not_change_a_digest() -> None:
    one = b"# mine\nconfig interface 'lan'\n\toption proto 'static'\n\toption mtu '1500'\n"
    other = b'\n\nconfig interface lan\n option mtu 1500\n option proto "static"\n'
    assert sums.digest_of_file(one) == sums.digest_of_file(other)
    for changed in (one.replace(b"1500", b"1501"), one.replace(b"lan", b"wan"), b"", b"config '"):
        assert sums.digest_of_file(changed) != sums.digest_of_file(one)


def test_modes_are_those_that_ls_prints() -> None:
    listed = (
        b"-rw-------    1 root     root           120 Nov 23 07:31 /etc/config/network\n"
        b"-rwsr-xr-T    1 0        0                1 Jan  1  1970 /etc/a file\n"
        b"drwxr-xr-x    2 root     root             0 Nov 23 07:31 /etc/config/folder\n"
    )
    assert snapshot.modes_of({"modes": listed}) == {
        "/etc/config/network": 0o600,
        "/etc/a file": 0o5754,
    }


AGENT = b"config controller 'http'\n\toption url 'https://c.test'\n\tlist unmanaged 'system.@led'\n"


async def test_the_agent_is_told_with_what_it_is_about_to_do() -> None:
    service = '{"openwisp-config": {"instances": {"instance1": {"running": true, "pid": 7}}}}'
    answer = said(
        {"/etc/config/openwisp": AGENT},
        version="openwisp-config 1.3.0a\n",
        services=service + "\n{}\n",
        lock="held\n",
        checksum=f"HTTP/1.1 200 OK\n\n{md5(b'archive')}\n",
        connection="10.0.0.2 51000 10.0.0.1 22\n",
        df="Filesystem 1024-blocks Used Available Capacity Mounted on\n"
        "/dev/root 4096 4096 0 100% /rom\noverlayfs:/overlay 100 10 90 10% /overlay\n",
    )
    found = await router(answer).configuration()
    agent = found.agent
    assert agent is not None
    assert (agent.version, agent.running, agent.url) == ("1.3.0a", True, "https://c.test")
    assert (agent.applying, agent.checksum) == (True, md5(b"archive"))
    assert agent.unmanaged == ("system.@led",)
    assert (found.seen_from.client, found.seen_from.server, found.seen_from.port) == (
        "10.0.0.2",
        "10.0.0.1",
        22,
    )
    assert found.free_bytes == 90 * 1024


async def test_the_agents_file_alone_is_no_agent() -> None:
    assert (await router(said({"/etc/config/openwisp": AGENT})).configuration()).agent is None


def serve(server: UbusServer, packages: dict[str, bytes]) -> None:
    def get(args: dict[str, object]) -> object:
        name = str(args["config"])
        try:
            return {"values": uci.to_rpc(uci.parse(packages[name], name))}
        except (KeyError, ProtocolError):
            return 4

    server.objects["uci"] = {"configs": lambda _: {"configs": sorted(packages)}, "get": get}


async def test_lucis_session_tells_values_and_says_so(
    server: UbusServer, files: Files, router: UbusRouter
) -> None:
    serve(server, {"network": LAN, "broken": b"config '"})
    server.objects["system"] = {"info": lambda _: {"root": {"total": 100, "avail": 90}}}
    server.acl = {**READING, "uci": ["get", "configs"]}
    files.forbidden = lambda path: True
    found = await router.configuration(("/etc/passwd",))
    path = "/etc/config/network"
    assert found.files[path].data.decode() == uci.export(uci.parse(LAN, "n")).partition("\n")[2]
    assert found.sums == {path: "uci:" + sums.digest_of_file(LAN)}
    assert set(found.unread) == {"/etc/config/broken", "/etc/passwd"}
    assert found.free_bytes == 90 * 1024
    fingerprint = await router.fingerprint(("/etc/passwd",))
    assert (fingerprint.sums, set(fingerprint.unread)) == (found.sums, set(found.unread))


async def test_a_session_that_reads_files_and_runs_nothing_has_them_byte_for_byte(
    server: UbusServer, files: Files, router: UbusRouter
) -> None:
    packages = {"network": LAN, "empty": b"", "bytes": b"config x\n\toption y '\xff\x00'\n"}
    serve(server, packages)
    files.content |= {f"/etc/config/{name}": data for name, data in packages.items()}
    found = await router.configuration(("/etc/nosuch",))
    assert {p.rpartition("/")[2]: f.data for p, f in found.files.items()} == packages
    assert found.sums["/etc/nosuch"] == "-" and not found.unread


async def test_a_session_that_sees_no_package_is_told_what_to_allow(
    server: UbusServer, router: UbusRouter
) -> None:
    serve(server, {})
    reads: tuple[Callable[[], object], ...] = (router.configuration, router.fingerprint)
    for read in reads:
        with pytest.raises(DeniedError, match="shows no configuration") as caught:
            await read()  # type: ignore[misc]
        assert re.search("acl.d", caught.value.hint)
