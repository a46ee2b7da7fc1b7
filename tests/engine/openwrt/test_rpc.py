"""The verbs over ubus, against a server with the objects and refusals of real images."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from owtui.engine.openwrt import uci
from owtui.engine.openwrt.router import Router
from owtui.engine.openwrt.rpc import _RUN_ON_FILE, UbusRouter
from owtui.engine.openwrt.shell import SshRouter
from owtui.errors import (
    CommandError,
    DeniedError,
    InputError,
    LostError,
    MissingError,
)
from tests.engine.openwrt.fakes import CapturedShell
from tests.engine.transport.ubus_server import LOGIN_ONLY, READING, Files, Method, UbusServer


def serve_captures(server: UbusServer, data: Path) -> None:
    def of(name: str) -> Method:
        answer = json.loads((data / "openwrt" / name).read_text())
        return lambda _: answer

    server.objects |= {
        "system": {"board": of("ubus-system-board.json"), "info": of("ubus-system-info.json")},
        "network.interface": {"dump": of("network-interface-dump.json")},
        "network.device": {"status": of("network-device-status.json")},
        "network.wireless": {"status": of("network-wireless-status.json")},
        "hostapd.phy0-ap0": {"get_clients": of("emulated-hostapd-get_clients.json")},
        "iwinfo": {"assoclist": of("emulated-iwinfo-assoclist.json")},
        "uci": {"configs": of("ubus-uci-configs.json")},
    }


async def test_facts_over_ubus_are_those_over_ssh(
    server: UbusServer, files: Files, router: UbusRouter, shared_data: Path
) -> None:
    serve_captures(server, shared_data)
    folder = shared_data / "openwrt"
    files.content |= {
        "/etc/board.json": (folder / "board.json").read_bytes(),
        "/proc/loadavg": b"0.10 0.08 0.05 1/60 2031\n",
        "/proc/sys/kernel/random/boot_id": b"5f0a1f0a-7d0c-4b62-a9a5-6f7e7e0d3c11\n",
        "/proc/cpuinfo": b"".join(b"processor\t\t: %d\n" % n for n in range(4)),
    }
    typed: Router = router
    over_ubus = (await typed.facts()).as_dict()
    over_ssh = (await SshRouter(CapturedShell(shared_data), "ap-01").facts()).as_dict()
    # ubus knows neither agent nor clock without LuCI, and whole seconds of uptime
    apart = {"via", "agent", "local_time", "uptime_s"}
    assert {k: v for k, v in over_ubus.items() if k not in apart} == {
        k: v for k, v in over_ssh.items() if k not in apart
    }
    assert over_ubus["via"] == "ubus"
    assert over_ubus["uptime_s"] == int(over_ssh["uptime_s"]) == 22


async def test_facts_take_one_post_and_one_more_for_stations(
    server: UbusServer, router: UbusRouter, shared_data: Path
) -> None:
    serve_captures(server, shared_data)
    await router.boot()  # logged in
    before = server.posts
    assert (await router.facts()).clients == 2
    assert server.posts == before + 2
    del server.objects["network.wireless"]
    before = server.posts
    assert (await router.facts()).clients is None
    assert server.posts == before + 1


async def test_facts_under_luci_leave_out_what_it_may_not_read(
    server: UbusServer, files: Files, router: UbusRouter, shared_data: Path
) -> None:
    serve_captures(server, shared_data)
    server.acl = dict(READING)
    files.forbidden = lambda path: True
    facts = await router.facts()
    assert (facts.hostname, facts.mac) == ("ap-01", "5C:A6:E6:10:01:00")
    assert (facts.boot_id, facts.clients, facts.local_time) == ("", None, 0)
    assert facts.load == (0.1, 0.08, 0.05)


async def test_facts_on_an_image_that_only_lets_in_are_denied(
    server: UbusServer, router: UbusRouter, shared_data: Path
) -> None:
    serve_captures(server, shared_data)
    server.acl = dict(LOGIN_ONLY)
    with pytest.raises(DeniedError):
        await router.facts()


async def test_the_clock_is_told_where_luci_is(
    server: UbusServer, router: UbusRouter, shared_data: Path
) -> None:
    serve_captures(server, shared_data)
    server.objects["luci"] = {"getUnixtime": lambda _: {"result": 1795419097}}
    assert (await router.facts()).local_time == 1795419097


async def test_boot_has_an_id_where_the_acl_lets_it(
    server: UbusServer, files: Files, router: UbusRouter
) -> None:
    server.objects["system"] = {"info": lambda _: {"uptime": 22}}
    files.content["/proc/sys/kernel/random/boot_id"] = b"abc\n"
    assert (await router.boot()).id == "abc"
    files.forbidden = lambda path: True
    boot = await router.boot()
    assert (boot.id, boot.uptime_s) == ("", 22)


async def test_uci_is_the_package_of_its_export(
    server: UbusServer, router: UbusRouter, shared_data: Path
) -> None:
    text = (shared_data / "openwrt/uci-export-firewall.txt").read_text()
    firewall = uci.parse(text)
    server.objects["uci"] = {"get": lambda _: {"values": uci.to_rpc(firewall)}}
    assert await router.uci("firewall") == firewall


@pytest.mark.parametrize("status", [4, 6])
async def test_a_package_that_does_not_exist_is_missing_under_any_acl(
    server: UbusServer, router: UbusRouter, status: int
) -> None:
    server.objects["uci"] = {
        "get": lambda _: status,
        "configs": lambda _: {"configs": ["network"]},
    }
    with pytest.raises(MissingError, match="no UCI package nosuch"):
        await router.uci("nosuch")
    if status == 6:
        with pytest.raises(DeniedError):
            await router.uci("network")


async def test_a_service_is_called_by_rc_else_by_exec(
    server: UbusServer, files: Files, router: UbusRouter
) -> None:
    done: list[tuple[str, str]] = []

    def init(args: dict[str, Any]) -> int:
        done.append((args["name"], args["action"]))
        return {"dnsmasq": 0, "broken": 9}.get(args["name"], 4)

    server.objects["rc"] = {"init": init}
    await router.service("dnsmasq", "restart")
    assert done == [("dnsmasq", "restart")]
    with pytest.raises(MissingError, match="no service nosuch"):
        await router.service("nosuch", "start")
    with pytest.raises(CommandError, match="could not start broken"):
        await router.service("broken", "start")
    with pytest.raises(InputError):
        await router.service("dnsmasq", "boot")
    del server.objects["rc"]
    files.run = lambda words: {"code": 127 if words[4].endswith("nosuch") else 0}
    await router.service("log", "stop")
    assert files.ran[-1][4:] == ["/etc/init.d/log", "stop"]
    with pytest.raises(MissingError):
        await router.service("nosuch", "stop")
    files.run = lambda words: 6
    with pytest.raises(DeniedError, match="may not run commands"):
        await router.service("log", "stop")


async def test_exec_gives_bytes_codes_and_errors(files: Files, router: UbusRouter) -> None:
    raw = b"caf\xe9\n".decode("utf-8", "surrogateescape")
    files.run = lambda words: {"code": 3, "stdout": raw, "stderr": "no\n"}
    result = await router.exec("printf it")
    assert (result.stdout, result.stderr, result.exit_status) == (b"caf\xe9\n", b"no\n", 3)
    assert files.ran[-1] == ["/bin/sh", "-c", "printf it"]


async def test_exec_with_input_stages_it_and_leaves_nothing(
    files: Files, router: UbusRouter, server: UbusServer
) -> None:
    seen = {}

    def run(words: list[str]) -> Any:
        seen[words[5]] = files.content.pop(words[5])
        return {"code": 0}

    files.run = run
    await router.exec("cat", stdin=b"in\0put")
    assert list(seen.values()) == [b"in\0put"]
    files.run = lambda words: 6
    with pytest.raises(DeniedError):
        await router.exec("cat", stdin=b"in")
    assert files.content == {}
    assert server.calls[-1] == "file remove"


async def test_a_password_goes_to_rpc_sys_else_over_stdin(
    files: Files, router: UbusRouter, server: UbusServer
) -> None:
    given = []

    def password_set(args: dict[str, Any]) -> int:
        given.append((args["user"], args["password"]))
        return 0

    server.objects["rpc-sys"] = {"password_set": password_set}
    await router.set_password("root", "n'ew")
    assert given == [("root", "n'ew")]
    del server.objects["rpc-sys"]
    stdin = []

    def run(words: list[str]) -> Any:
        stdin.append(files.content.pop(words[5]))
        return {"code": 0, "stdout": "passwd: password for root changed by root\n"}

    files.run = run
    await router.set_password("root", "n'ew")
    assert stdin == [b"n'ew\nn'ew\n"]
    assert all("n'ew" not in word for words in files.ran for word in words)
    files.content.clear()

    def unchanged(words: list[str]) -> Any:
        del files.content[words[5]]
        return {"code": 1, "stdout": "passwd: password for root is unchanged\n"}

    files.run = unchanged
    with pytest.raises(CommandError):
        await router.set_password("root", "n'ew")
    files.run = lambda words: 6
    with pytest.raises(DeniedError):
        await router.set_password("root", "n'ew")
    assert files.content == {}
    with pytest.raises(InputError):
        await router.set_password("root", "a\nb")


def test_the_stdin_script_works_in_a_real_shell(tmp_path: Path) -> None:
    staged = tmp_path / "in put"
    staged.write_bytes(b"data")
    words = ["sh", "-c", _RUN_ON_FILE, "sh", "cat; exit 7", str(staged)]
    done = subprocess.run(words, capture_output=True, check=False)
    assert (done.stdout, done.returncode) == (b"data", 7)
    assert not staged.exists()


async def test_a_reboot_is_asked_of_procd_else_by_exec(
    server: UbusServer, files: Files, router: UbusRouter
) -> None:
    server.objects["system"] = {"reboot": lambda _: 0}
    await router.reboot()
    assert server.calls[-1] == "system reboot"
    server.objects["system"] = {}
    files.run = lambda words: {"code": 0}
    await router.reboot()
    assert "reboot" in files.ran[-1][2]
    files.run = lambda words: 6
    with pytest.raises(DeniedError):
        await router.reboot()
    server.hang_up = True
    with pytest.raises(LostError):
        await router.reboot()
