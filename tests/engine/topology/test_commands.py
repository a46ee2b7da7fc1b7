"""The command lines of formats in the ash and with the applets that OpenWrt really has."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from owtui.engine.topology import asking
from owtui.engine.topology.formats.registry import Formats
from tests.engine.topology.formats.samples import AT, BABEL, LLDP, OPENVPN, WIREGUARD
from tests.tools import missing, tool

FORMATS = Formats.load()
TOKEN = "t" * 24
APPLETS = ("sed", "cat", "grep", "nc", "ls", "sort")


class Ash:
    """busybox ash with nothing on its path but applets and the programs a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.busybox = tool("busybox", "busybox")
        for name in APPLETS:
            (folder / name).symlink_to(self.busybox)

    def put(self, name: str, script: str) -> None:
        path = self.folder / name
        path.write_text(f"#!{self.busybox} ash\n{script}\n")
        path.chmod(0o755)

    async def ask(self, *ids: str) -> asking.Answer:
        formats = [FORMATS.get(id_) for id_ in ids]
        env: Mapping[str, str] = {**os.environ, "PATH": str(self.folder)}
        process = await asyncio.create_subprocess_exec(
            *(self.busybox, "ash", "-c", asking.script(TOKEN, formats)),
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(20):
            printed, _ = await process.communicate()
        return asking.read(printed, TOKEN, formats, "gw-1")


@pytest.fixture
def ash(tmp_path: Path) -> Ash:
    return Ash(tmp_path)


async def test_wireguards_secrets_stay_on_the_device(ash: Ash) -> None:
    (ash.folder / "dump").write_text(WIREGUARD + "\n")
    ash.put("wg", f'[ "$*" = "show all dump" ] && cat {ash.folder}/dump')
    answer = await ash.ask("wireguard")
    told = answer.documents["wireguard"]
    assert b"PRIVATE" not in told and b"SHARED" not in told
    wireguard = FORMATS.get("wireguard")
    assert wireguard.parse(told, AT) == wireguard.parse(WIREGUARD.encode(), AT)


async def test_what_is_not_installed_or_does_not_answer_is_told_apart(ash: Ash) -> None:
    ash.put("zerotier-cli", "echo 'not running'>&2; exit 1")
    ash.put("uci", "echo 1")  # a port that nobody has
    asked = ("wireguard", "lldp", "batman", "zerotier", "openvpn", "babel")
    answer = await ash.ask(*asked)
    assert not answer.documents
    assert {id_: failure.kind.value for id_, failure in answer.failures.items()} == {
        **dict.fromkeys(asked, "missing"),
        **dict.fromkeys(("zerotier", "openvpn", "babel"), "command"),
    }


async def test_lldp_asks_for_the_chassis_and_the_neighbours(ash: Ash) -> None:
    chassis, neighbours = LLDP.split("\n{", 1)
    (ash.folder / "chassis").write_text(chassis)
    (ash.folder / "neighbors").write_text("{" + neighbours)
    ash.put("lldpcli", f'cat {ash.folder}/"$4"')
    answer = await ash.ask("lldp")
    lldp = FORMATS.get("lldp")
    assert lldp.parse(answer.documents["lldp"], AT) == lldp.parse(LLDP.encode(), AT)


async def test_openvpns_status_is_read_where_uci_says(ash: Ash) -> None:
    (ash.folder / "my status").write_text("not this one")
    (ash.folder / "s.log").write_text(OPENVPN)
    rows = [f"openvpn.lab.status='{ash.folder}/s.log'", "openvpn.lab.status_version='1'"]
    (ash.folder / "rows").write_text("\n".join([*rows, rows[0].replace("lab", "two"), ""]))
    ash.put("uci", f"cat {ash.folder}/rows")
    answer = await ash.ask("openvpn")
    assert answer.documents["openvpn"].decode().split() == OPENVPN.split()


async def test_busyboxs_nc_brings_all_that_a_daemon_says(ash: Ash) -> None:
    """babeld ends on `quit`, olsrd's plug-in when it has answered. Many packets make one."""
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\n"))
        if asked[-1] == b"dump\n":
            asked.append(await reader.readuntil(b"\n"))
        for line in BABEL.splitlines(keepends=True):
            writer.write(line.encode())
            await writer.drain()
        writer.close()

    try:
        server = await asyncio.start_server(answer, "::1", 0)
    except OSError:
        missing("IPv6 on the loopback", "sysctl net.ipv6.conf.lo.disable_ipv6=0")
    async with server:
        ash.put("uci", f"echo {server.sockets[0].getsockname()[1]}")
        told = await ash.ask("babel")
    assert told.documents["babel"].decode().split() == BABEL.split()
    assert asked == [b"dump\n", b"quit\n"]


def test_all_lines_together_are_short_enough_for_dropbear() -> None:
    """MAX_CMD_LEN of 9000, with room for the mark that ends a command."""
    formats = [one for one in FORMATS if one.command]
    assert len(formats) == 7
    assert len(asking.script(TOKEN, formats)) < 4000
