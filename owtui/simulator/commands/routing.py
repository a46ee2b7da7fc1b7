"""lldpcli, wg, batctl, and nc to the ports of routing daemons on the device itself."""

from __future__ import annotations

import json

from .. import routing
from ..shell.call import Call, program

_LOCAL = ("127.0.0.1", "::1", "localhost")
_OLSRD, _BABELD = 9090, 33123


@program("/usr/sbin/lldpcli", "/usr/sbin/lldpctl")
async def lldpcli(call: Call) -> int:
    options, words = call.options("dv", "f")
    if options.get("f") != "json":
        return await call.fail("only -f json is simulated")
    if "chassis" in words:
        told = routing.lldp_chassis(call.device)
    elif call.name == "lldpctl" or words[:2] in (["show", "neighbors"], ["show", "neighbours"]):
        told = routing.lldp_neighbours(call.device)
    else:
        return await call.fail("only show chassis and show neighbors are simulated")
    await call.out(json.dumps(told, indent=2) + "\n")
    return 0


@program("/usr/bin/wg")
async def wg(call: Call) -> int:
    if call.args != ["show", "all", "dump"]:
        return await call.fail("only `wg show all dump` is simulated")
    await call.out(routing.wireguard(call.device))
    return 0


@program("/usr/sbin/batadv-vis")
async def batadv_vis(call: Call) -> int:
    if call.args != ["-f", "jsondoc"]:
        return await call.fail("only -f jsondoc is simulated")
    await call.out(routing.vis(call.device))
    return 0


@program("/usr/bin/nc")
async def nc(call: Call) -> int:
    """busybox's nc: what olsrd's jsoninfo and babeld answer at their ports."""
    _, operands = call.options("", "wi")
    host, port = (*operands, "", "")[:2]
    number = int(port) if port.isdigit() else 0
    if host not in _LOCAL or number not in (_OLSRD, _BABELD):
        return await call.fail(f"can't connect to remote host ({host}): Connection refused")
    asked = (await call.stdin.read()).split()
    if number == _OLSRD and asked[:1] == [b"/all"]:
        await call.out(routing.jsoninfo(call.device))
    elif number == _BABELD and b"dump" in asked:
        await call.out(routing.babel(call.device))
    return 0
