"""owtui checks: which run on which terms, set for devices and groups, and run now."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.conftest import CommandLine
from tests.routers import Routers


@pytest.fixture
def fleet(bare: CommandLine) -> CommandLine:
    """Two devices, one of them in a group."""
    assert bare("groups", "add", "roof").code == 0
    for name in ("ap-1", "ap-2"):
        assert bare("devices", "add", name, "127.0.0.1", "--agent").code == 0
    assert bare("devices", "set", "ap-1", "group=roof").code == 0
    return bare


@pytest.fixture
def port() -> Iterator[int]:
    """A port of this host that takes connections."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(16)
        yield sock.getsockname()[1]


def ping(fleet: CommandLine, name: str) -> dict[str, Any]:
    told = fleet("checks", f"name={name}", "--json").json
    (found,) = [one for one in told if one["type"] == "ping"]
    return dict(found)


def test_every_check_of_every_device_is_listed(fleet: CommandLine) -> None:
    told = fleet("checks", "--json").json
    assert {(one["device"], one["type"], one["active"]) for one in told} == {
        (name, type_, type_ in ("ping", "config_applied", "data_collected"))
        for name in ("ap-1", "ap-2")
        for type_ in ("ping", "config_applied", "data_collected", "wifi_clients", "iperf3")
    }
    table = fleet("checks", "ap-1", "--active").out
    assert "ping" in table and "iperf3" not in table and "300 s" in table


def test_a_check_is_set_for_a_group_and_a_device_and_reset(fleet: CommandLine) -> None:
    done = fleet("checks", "set", "group:roof", "ping", "count=9", "--every", "60")
    assert done.code == 0, done.err
    assert fleet("checks", "set", "ap-1", "ping", "bytes=100", "--off").code == 0
    found = ping(fleet, "ap-1")
    assert (found["active"], found["every_s"], found["origin"]) == (False, 60, "device")
    assert (found["params"]["count"], found["params"]["bytes"]) == (9, 100)
    assert ping(fleet, "ap-2")["params"]["count"] == 5
    assert fleet("checks", "set", "group:roof", "ping", "count=").code == 0
    assert fleet("checks", "reset", "ap-1", "ping").code == 0
    found = ping(fleet, "ap-1")
    assert (found["active"], found["every_s"], found["origin"]) == (True, 60, "group")
    assert found["params"]["count"] == 5
    assert "already" in fleet("checks", "reset", "ap-1", "ping").err
    actions = [one["action"] for one in fleet("audit", "--json").json]
    assert actions[:4] == ["reset_check", "set_check", "set_check", "set_check"]


def test_a_dot_goes_into_a_table(fleet: CommandLine) -> None:
    line = ("client_options.tcp.bitrate=5M", "client_options.time=3", 'host=["192.0.2.9"]')
    assert fleet("checks", "set", "ap-1", "iperf3", *line).code == 0
    told = fleet("checks", "ap-1", "--json").json
    (params,) = [one["params"] for one in told if one["type"] == "iperf3"]
    assert (params["host"], params["client_options"]["time"]) == (["192.0.2.9"], 3)
    assert params["client_options"]["tcp"] == {"bitrate": "5M", "length": "128K"}


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        (("ap-1", "ping"), 2, "Nothing is given to set."),
        (("ap-1", "pign", "count=5"), 2, "There is no check “pign”."),
        (("ap-1", "ping", "count=99"), 2, "99 is greater than the maximum of 20"),
        (("ap-9", "ping", "--off"), 2, "ap-9"),
        (("ap-1", "ping", "--off", "--read-only"), 4, "read-only"),
        (("global", "ping", "--off"), 2, "Checks are not set for global."),
    ],
)
def test_what_cannot_be_set_is_told(
    fleet: CommandLine, line: tuple[str, ...], code: int, sentence: str
) -> None:
    done = fleet("checks", "set", *line)
    assert (done.code, sentence in done.err) == (code, True), done.err


def test_a_ping_is_run_now_and_tells_how(
    fleet: CommandLine, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWTUI_PING", "tcp")
    done = fleet("devices", "add", "near", "127.0.0.1", "--agent", "--port", str(port))
    assert done.code == 0, done.err
    done = fleet("checks", "run", "near", "--type", "ping", "--json")
    (told,) = done.json
    assert (done.code, told["ok"], told["values"]["reachable"]) == (0, True, 1)
    assert told["text"].endswith("by tcp")
    assert "near  ping: reachable 1, loss 0" in fleet("checks", "run", "near", "--type", "ping").out
    # Nobody ran the engine: the command was it for so long, and kept and judged what it found.
    (kept,) = [one for one in fleet("metrics", "near", "--json").json if one["metric"] == "ping"]
    assert (kept["value"], kept["healthy"]) == (1, True)
    assert [one["title"] for one in fleet("jobs", "--json").json] == ["Run checks on 1 device"] * 2


@pytest.mark.parametrize("fault", ["refused", "unreachable"])
def test_a_simulated_router_that_is_off_is_not_reachable_though_its_host_answers(
    owtui: CommandLine, routers: Routers, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setenv("OWTUI_PING", "tcp")
    gone = routers.fleet.devices[0]
    routers.do(gone.fault(**{fault: True}))
    try:
        told = owtui("checks", "run", "--type", "ping", "--json").json
    finally:
        routers.do(gone.fault())
    found = {one["device"]: one["values"]["reachable"] for one in told}
    assert found == {name: float(name != gone.name) for name in routers.names}
