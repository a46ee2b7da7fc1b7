"""What one POST asks an ubus session for, and the reading that its answers make."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

from owtui.engine.openwrt.answer import Answer, decode
from owtui.engine.openwrt.reading import Reading
from owtui.engine.transport.jsonrpc import Call
from owtui.engine.transport.ubus import Outcome
from owtui.errors import DeviceError, ProtocolError

BOOT_ID = Call("file", "read", {"path": "/proc/sys/kernel/random/boot_id"})
INFO = Call("system", "info")
CALLS = {
    "board": Call("system", "board"),
    "info": INFO,
    "interfaces": Call("network.interface", "dump"),
    "devices": Call("network.device", "status"),
    "wireless": Call("network.wireless", "status"),
    "clock": Call("luci", "getUnixtime"),  # system info tells local time without its zone
    "board_json": Call("file", "read", {"path": "/etc/board.json"}),
    "loadavg": Call("file", "read", {"path": "/proc/loadavg"}),
    "boot_id": BOOT_ID,
    "cpuinfo": Call("file", "read", {"path": "/proc/cpuinfo"}),
}
_CPU = re.compile(r"(?m)^processor")


def reading(told: Mapping[str, Outcome], clients: Sequence[Answer] = ()) -> Reading:
    """Put the answers together. Raises what `system board` raised; all else is optional."""
    if isinstance(board := told["board"], DeviceError):
        raise board
    cpuinfo = data(told["cpuinfo"])
    return Reading(
        board=Answer(board),
        info=answer(told["info"]),
        interfaces=answer(told["interfaces"]),
        devices=answer(told["devices"]),
        board_json=_json(told["board_json"]),
        clients=list(clients),
        loadavg=data(told["loadavg"]),
        boot_id=data(told["boot_id"]),
        cpus=str(len(_CPU.findall(cpuinfo))) if cpuinfo else "",
        clock=str(answer(told["clock"])["result"].number or ""),
    )


def answer(outcome: Outcome) -> Answer:
    """What was answered, nothing where it was refused."""
    return Answer(None if isinstance(outcome, DeviceError) else outcome)


def data(outcome: Outcome) -> str:
    """The text of a file that was read, "" where it could not be."""
    return answer(outcome)["data"].text


def _json(outcome: Outcome) -> Answer:
    text = data(outcome)
    with suppress(ProtocolError):
        return Answer(decode(text, "board.json") if text else None)
    return Answer()
