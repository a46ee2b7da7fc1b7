"""/ubus over HTTP with httpx: sessions, ACLs, codes, apply with rollback, LuCI."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from owtui.simulator import Fleet, FleetSpec
from owtui.simulator.fleet import SimulatedDevice
from tests.simulator.test_ssh import until

NO_SESSION = "0" * 32
IMAGE = "/tmp/firmware.bin"


@dataclass
class Caller:
    """A client of one device."""

    device: SimulatedDevice
    http: httpx.AsyncClient
    session: str = NO_SESSION

    async def post(self, body: Any) -> Any:
        answer = await self.http.post("/ubus", json=body)
        assert answer.status_code == 200
        return answer.json()

    async def raw(self, target: str, method: str, **args: Any) -> Any:
        params = [self.session, target, method, args]
        return await self.post({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params})

    async def call(self, target: str, method: str, **args: Any) -> Any:
        answer = await self.raw(target, method, **args)
        return answer["result"] if "result" in answer else answer["error"]["code"]

    async def login(self, **more: Any) -> None:
        secret = {"username": "root", "password": self.device.password}
        result = await self.call("session", "login", **(secret | more))
        assert result[0] == 0
        self.session = result[1]["ubus_rpc_session"]


@pytest.fixture
async def callers() -> Any:
    """Make callers for fleets with the kind of LuCI asked for; all is closed afterwards."""
    opened: list[Any] = []

    async def make(luci: str = "luci", **spec: Any) -> Caller:
        fleet = Fleet(FleetSpec(luci=luci, speed=0.02, **spec))
        await fleet.start()
        device = fleet.devices[0]
        scheme = "https" if spec.get("https") else "http"
        base = f"{scheme}://{device.address}:{device.http_port}"
        http = httpx.AsyncClient(base_url=base, verify=False, timeout=30, trust_env=False)
        opened.append((fleet, http))
        return Caller(device, http)

    yield make
    for fleet, http in opened:
        await http.aclose()
        await fleet.stop()


async def test_without_luci_root_may_only_log_in(callers: Any) -> None:
    caller = await callers("none")
    await caller.login()
    assert await caller.call("system", "board") == -32002
    assert await caller.call("uci", "get", config="system") == -32002
    access = await caller.call("session", "access", scope="ubus", object="system", function="board")
    assert access == [0, {"access": False}]
    assert (await caller.http.get("/cgi-bin/luci")).status_code == 404


async def test_with_luci_reading_and_uci_work_and_the_rest_is_denied(callers: Any) -> None:
    caller = await callers("luci")
    await caller.login()
    assert (await caller.call("system", "board"))[0] == 0
    assert (await caller.call("network.interface", "dump"))[0] == 0
    assert (await caller.call("iwinfo", "devices"))[0] == 0
    assert await caller.call("uci", "commit", config="system") == -32002
    assert await caller.call("file", "exec", command="/bin/uname", params=["-a"]) == [6]
    assert await caller.call("session", "destroy") == -32002
    assert await caller.call("nosuch", "x") == -32000


async def test_with_all_rights_everything_opens_and_codes_change(callers: Any) -> None:
    caller = await callers("full")
    await caller.login()
    done = await caller.call("file", "exec", command="/bin/uname", params=["-s"])
    assert done == [0, {"code": 0, "stdout": "Linux\n"}]
    assert await caller.call("system", "nosuch") == [3]
    assert await caller.call("uci", "get", config="nosuch") == [4]
    assert (await caller.call("file", "write", path="/tmp/x", data="aGk=", base64=True)) == [0]
    assert (await caller.call("file", "read", path="/tmp/x")) == [0, {"data": "hi"}]
    assert await caller.call("session", "destroy") == [0]
    assert await caller.call("system", "board") == -32002


async def test_file_exec_runs_the_devices_programs_only(callers: Any) -> None:
    caller = await callers("full")
    await caller.login()
    assert await caller.call("file", "exec", command="/usr/bin/python3") == [4]
    script = ["-c", "echo $1; cat /etc/shells; exit 5", "x", "arg"]
    code, answer = await caller.call("file", "exec", command="/bin/sh", params=script)
    assert (code, answer["code"], answer["stdout"].split("\n")[0]) == (0, 5, "arg")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"jsonrpc": "2.0", "id": 1, "method": "nosuch", "params": []}, -32601),
        ({"id": 1, "method": "call"}, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": "call", "params": ["x"]}, -32700),
        (7, -32600),
    ],
)
async def test_a_wrong_request_has_its_code(callers: Any, body: Any, code: int) -> None:
    caller = await callers()
    assert (await caller.post(body))["error"]["code"] == code


async def test_a_session_slides_and_expires(callers: Any) -> None:
    caller = await callers()
    await caller.login(timeout=60)
    sessions = caller.device.device.rpcd.sessions
    assert (await caller.call("system", "board"))[0] == 0
    sessions[caller.session].expires -= 61
    assert await caller.call("system", "board") == -32002
    assert not sessions


async def test_a_restart_of_rpcd_forgets_sessions_and_a_reload_does_not(callers: Any) -> None:
    caller = await callers("full")
    await caller.login()
    await caller.call("rc", "init", name="rpcd", action="reload")
    assert (await caller.call("system", "board"))[0] == 0
    await caller.call("rc", "init", name="rpcd", action="restart")
    assert await caller.call("system", "board") == -32002


async def hostname(caller: Caller) -> str:
    return str((await caller.call("system", "board"))[1]["hostname"])


async def rename(caller: Caller, name: str) -> None:
    values = {"hostname": name}
    done = await caller.call("uci", "set", config="system", section="@system[0]", values=values)
    assert done == [0]


async def test_an_applied_change_is_undone_unless_confirmed(callers: Any) -> None:
    caller = await callers()
    await caller.login()
    old = await hostname(caller)
    await rename(caller, "renamed")
    assert await caller.call("uci", "apply", rollback=True, timeout=1) == [0]
    assert await caller.call("uci", "apply", rollback=True, timeout=1) == [6]
    await until(lambda: caller.device.device.hostname == "renamed")
    await until(lambda: caller.device.device.hostname == old)
    assert await caller.call("uci", "confirm") == [5]


async def test_a_confirmed_change_stays(callers: Any) -> None:
    caller = await callers()
    await caller.login()
    await rename(caller, "kept")
    assert await caller.call("uci", "apply", rollback=True, timeout=30) == [0]
    assert await caller.call("uci", "confirm") == [0]
    await until(lambda: caller.device.device.hostname == "kept")


async def test_another_login_while_a_change_is_pending_gets_the_same_session(callers: Any) -> None:
    caller = await callers()
    await caller.login()
    first = caller.session
    await rename(caller, "renamed")
    await caller.call("uci", "apply", rollback=True, timeout=30)
    await caller.login()
    assert caller.session == first
    assert await caller.call("uci", "confirm") == [0]


async def test_a_sessions_staged_changes_are_its_own(callers: Any) -> None:
    caller = await callers("full")
    await caller.login()
    await rename(caller, "mine")
    shown = await caller.call("file", "exec", command="/sbin/uci", params=["changes"])
    assert shown == [0, {"code": 0}]
    assert (await caller.call("uci", "changes", config="system"))[1]["changes"] == [
        ["set", "cfg01e48a", "hostname", "mine"]
    ]


async def test_lists_and_sections_are_set_added_and_deleted(callers: Any) -> None:
    caller = await callers()
    await caller.login()
    ntp = {"config": "system", "section": "ntp"}
    await caller.call("uci", "set", **ntp, values={"server": ["a", "b c"]})
    assert (await caller.call("uci", "get", **ntp, option="server"))[1] == {"value": ["a", "b c"]}
    values = {"name": "x", "proto": ["tcp"]}
    added = await caller.call("uci", "add", config="firewall", type="rule", values=values)
    section = added[1]["section"]
    assert (await caller.call("uci", "get", config="firewall", section=section))[1]["values"][
        "name"
    ] == "x"
    assert await caller.call("uci", "delete", config="firewall", section=section) == [0]
    assert await caller.call("uci", "get", config="firewall", section=section) == [4]


async def test_luci_can_be_recognised_and_other_pages_are_missing(callers: Any) -> None:
    caller = await callers()
    page = await caller.http.get("/cgi-bin/luci/")
    assert page.status_code == 403
    assert "LuCI" in page.text and caller.device.name in page.text
    assert (await caller.http.get("/ubus")).status_code == 404
    assert (await caller.http.get("/nosuch")).status_code == 404


async def test_https_has_a_self_signed_certificate(callers: Any) -> None:
    caller = await callers(https=True)
    await caller.login()
    strict = httpx.AsyncClient(base_url=caller.http.base_url, trust_env=False)
    with pytest.raises(httpx.ConnectError):
        await strict.get("/ubus")
    await strict.aclose()


async def test_nonsense_on_the_wire_is_answered_and_closed(callers: Any) -> None:
    caller = await callers()
    reader, writer = await asyncio.open_connection(caller.device.address, caller.device.http_port)
    writer.write(b"\x00\x01nonsense\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 400 Bad Request")
    writer.close()


async def test_a_reload_of_rpcd_keeps_its_sessions_and_forgets_the_rollback(callers: Any) -> None:
    caller = await callers()
    await caller.login()
    await rename(caller, "renamed")
    assert await caller.call("uci", "apply", rollback=True, timeout=30) == [0]
    caller.device.device.serve("rpcd", "reload")
    assert await caller.call("uci", "confirm") == [5]
    await until(lambda: caller.device.device.hostname == "renamed")


async def test_on_a_full_flash_an_apply_empties_the_file_and_its_rollback_is_whole(
    callers: Any,
) -> None:
    caller = await callers()
    device = caller.device.device
    await caller.login()
    before = device.uci.load("system")
    await rename(caller, "renamed")
    device.fill_flash(True)
    assert await caller.call("uci", "apply", rollback=True, timeout=30) == [0]
    assert device.files.read("/etc/config/system") == b""
    assert await caller.call("uci", "rollback") == [0]
    assert device.uci.load("system", staged=False) == before


async def test_a_package_that_the_acl_does_not_open_is_6(callers: Any) -> None:
    caller = await callers()
    await caller.login()
    caller.device.device.rpcd.closed.add("network")
    assert await caller.call("uci", "get", config="network") == [6]
    assert (await caller.call("uci", "get", config="system"))[0] == 0


def form(session: str, path: str, data: bytes) -> dict[str, Any]:
    """A request to cgi-upload, its parts in the order that it wants."""
    parts = {"sessionid": (None, session), "filename": (None, path), "filedata": ("image", data)}
    return {"files": parts}


async def test_cgi_io_takes_and_gives_what_the_session_may(callers: Any) -> None:
    caller = await callers("luci")
    await caller.login()
    told = (
        await caller.http.post("/cgi-bin/cgi-upload", **form(caller.session, IMAGE, b"x"))
    ).json()
    assert (told["size"], told["checksum"]) == (1, "9dd4e461268c8034f5c8564e155c67a6")
    assert caller.device.device.files.read(IMAGE) == b"x"
    told = (
        await caller.http.post("/cgi-bin/cgi-upload", **form(caller.session, "/etc/x", b"x"))
    ).json()
    assert told["message"] == "Access to path denied by ACL"
    told = (await caller.http.post("/cgi-bin/cgi-upload", **form(NO_SESSION, IMAGE, b"x"))).json()
    assert told["message"] == "Upload permission denied"
    backup = await caller.http.post("/cgi-bin/cgi-backup", data={"sessionid": caller.session})
    assert (backup.status_code, backup.content[:2]) == (200, b"\x1f\x8b")
    backup = await caller.http.post("/cgi-bin/cgi-backup", data={"sessionid": NO_SESSION})
    assert backup.status_code == 403


async def test_an_acl_of_rpc_sys_tests_and_flashes_and_may_do_little_else(callers: Any) -> None:
    caller = await callers("rpc-sys")
    await caller.login()
    assert (
        await caller.call("file", "exec", command="/sbin/sysupgrade", params=["-T", IMAGE])
        == -32002
    )
    backup = await caller.http.post("/cgi-bin/cgi-backup", data={"sessionid": caller.session})
    assert backup.status_code == 403
    await caller.http.post("/cgi-bin/cgi-upload", **form(caller.session, IMAGE, b"no image"))
    status, told = await caller.call("rpc-sys", "upgrade_test")
    assert (status, told["code"]) == (0, 1)
    assert told["stderr"].startswith("Image metadata not present")
    board = caller.device.device.model.board
    good = b'{ "metadata_version": "1.1", "supported_devices": ["%s"]}' % board.encode()
    await caller.http.post("/cgi-bin/cgi-upload", **form(caller.session, IMAGE, good))
    assert (await caller.call("rpc-sys", "upgrade_test"))[1]["code"] == 0
    assert await caller.call("rpc-sys", "upgrade_start", keep=True) == [0]
    await until(lambda: caller.device.effects.upgrades == 1)
