"""The captures of a real device, against a simulated one of the same model, name and addresses.

Byte for byte where nothing varies; where times, counters or the ULA prefix do, those alone are
blotted out on both sides; where the emulated hardware of the captures differs, the keys are
compared.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from owtui.simulator.jsonrpc import JsonRpc
from tests.simulator.rig import Bench, identity


@pytest.fixture
def captures(shared_data: Path) -> Path:
    return shared_data / "openwrt"


def blotted(text: str) -> str:
    """Blot out what differs between any two devices: ULA, uptimes, search domain."""
    text = re.sub(r"fd[0-9a-f]{2}:[0-9a-f]{1,4}:[0-9a-f]{1,4}::", "fdXX::", text)
    text = re.sub(r'"uptime": \d+', '"uptime": N', text)
    return re.sub(r'"dns-search": \[\s*"\w+"', '"dns-search": ["X"', text)


def skeleton(value: Any) -> Any:
    """Return the keys, in order, and the types of a JSON value; lists by their first item."""
    if isinstance(value, dict):
        return [(key, skeleton(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [skeleton(item) for item in value[:1]]
    return type(value).__name__


EXACT = [
    ("ubus call system board", "ubus-system-board.json"),
    ("ubus call network.wireless status", "network-wireless-status.json"),
    ("ubus call network.interface dump", "network-interface-dump.json"),
    ("cat /etc/board.json", "board.json"),
    ("cat /etc/openwrt_release /etc/os-release", "openwrt_release-os-release.txt"),
    *(
        (f"uci export {name}", f"uci-export-{name}.txt")
        for name in ("dhcp", "dropbear", "firewall", "network", "rpcd", "system", "uhttpd")
    ),
    ("uci export wireless", "uci-export-wireless.txt"),
]


@pytest.mark.parametrize(("line", "name"), EXACT, ids=[name for _, name in EXACT])
async def test_an_answer_is_the_captured_one(
    bench: Bench, captures: Path, line: str, name: str
) -> None:
    assert blotted(await bench.out(line)) == blotted((captures / name).read_text())


async def test_uci_show_is_the_captured_one_without_the_agents(
    bench: Bench, captures: Path
) -> None:
    wanted = [
        line
        for line in (captures / "uci-show.txt").read_text().splitlines()
        if not line.startswith("openwisp")
    ]
    assert blotted(await bench.out("uci show")).splitlines() == blotted("\n".join(wanted)).split(
        "\n"
    )


KEYS = [
    ("ubus call system info", "ubus-system-info.json"),
    ('ubus call iwinfo info \'{"device":"phy0-ap0"}\'', "emulated-iwinfo-info.json"),
    ('ubus call iwinfo assoclist \'{"device":"phy1-ap0"}\'', "emulated-iwinfo-assoclist.json"),
    ("ubus call uci configs", "ubus-uci-configs.json"),
]


@pytest.mark.parametrize(("line", "name"), KEYS, ids=[name for _, name in KEYS])
async def test_an_answer_has_the_captured_keys_in_their_order(
    bench: Bench, captures: Path, line: str, name: str
) -> None:
    answer = json.loads(await bench.out(line))
    wanted = json.loads((captures / name).read_text())
    for text in (answer, wanted):
        text.get("encryption", {}).pop("wpa", None)
    assert skeleton(answer) == skeleton(wanted)


async def test_a_wireless_client_has_the_captured_keys(bench: Bench, captures: Path) -> None:
    wanted = json.loads((captures / "emulated-hostapd-get_clients.json").read_text())
    answer = json.loads(await bench.out("ubus call hostapd.phy1-ap0 get_clients"))
    (client, *_), (model, *_) = answer["clients"].values(), wanted["clients"].values()
    assert skeleton(client) == skeleton(model)
    assert list(answer) == list(wanted)


@pytest.mark.parametrize("name", ["br-lan", "lan1", "lan2", "lo"])
async def test_a_network_device_has_the_captured_keys(
    bench: Bench, captures: Path, name: str
) -> None:
    wanted = json.loads((captures / "network-device-status.json").read_text())
    answer = json.loads(await bench.out("ubus call network.device status"))
    assert list(answer) == list(wanted)
    assert list(answer[name]) == list(wanted[name])
    assert list(answer[name]["statistics"]) == list(wanted[name]["statistics"])
    assert answer[name].get("bridge-members") == wanted[name].get("bridge-members")


def shape(line: str) -> str:
    """Return a line of a table with its numbers as # and its blanks as one."""
    return re.sub(r"\s+", " ", re.sub(r"\d+(\.\d+)?", "#", line)).strip()


async def test_df_free_uptime_and_proc_have_the_captured_lines(
    bench: Bench, captures: Path
) -> None:
    line = "df -P; echo; free; echo; uptime; cat /proc/loadavg /proc/meminfo"
    answer = (await bench.out(line)).splitlines()
    wanted = (captures / "df-free-uptime.txt").read_text().splitlines()
    assert [row for row in answer if "Filesystem" in row or "total" in row] == [
        row for row in wanted if "Filesystem" in row or "total" in row
    ]
    pairs = zip(answer, wanted, strict=True)
    different = [(a, w) for a, w in pairs if shape(a) != shape(w)]
    assert [a.split()[0] for a, _ in different] == ["/dev/root", bench_clock(answer)]
    assert [len(a) for a in answer if a.startswith(("overlayfs", "Mem:"))] == [
        len(w) for w in wanted if w.startswith(("overlayfs", "Mem:"))
    ]


def bench_clock(rows: list[str]) -> str:
    """Return the first word of the uptime line, which tells days where the capture told none."""
    return next(row.split()[0] for row in rows if "load average" in row)


async def test_ifconfig_writes_each_block_as_captured(bench: Bench, captures: Path) -> None:
    def blocks(text: str) -> dict[str, list[str]]:
        parts = re.split(r"\n\n", text.split("1: lo:")[0].strip("\n"))
        return {part.split()[0]: [counted(row) for row in part.splitlines()] for part in parts}

    def counted(row: str) -> str:
        row = re.sub(r"(packets|bytes):\d+( \([\d.]+ \w+\))?", r"\1:#", row)
        return re.sub(r"fd[0-9a-f:]+", "fdXX", row)

    answer = blocks(await bench.out("ifconfig"))
    wanted = blocks((captures / "ifconfig-ip-brctl.txt").read_text())
    assert list(answer) == list(wanted)
    assert answer == wanted


async def test_ip_and_brctl_write_their_lines_as_captured(bench: Bench, captures: Path) -> None:
    text = (captures / "ifconfig-ip-brctl.txt").read_text()
    text = re.sub(r"@\w+:", ":", text[text.index("1: lo:") :]).replace(",M-DOWN", "")
    text = re.sub(r"fd[0-9a-f:]+", "fdXX", text)
    answer = re.sub(r"fd[0-9a-f:]+", "fdXX", await bench.out("ip addr; ip route; brctl show"))
    members = re.compile(r"\t(lan\d|phy\d-ap0)$")  # a bridge tells them in any order
    assert [members.sub("\tX", row) for row in answer.splitlines()] == [
        members.sub("\tX", row) for row in text.splitlines()
    ]


async def test_services_start_as_the_captured_ones(bench: Bench, captures: Path) -> None:
    wanted = json.loads((captures / "ubus-rc-list.json").read_text())
    answer = json.loads(await bench.out("ubus call rc list"))
    common = answer.keys() & wanted.keys()
    assert len(common) > 15
    assert {name: answer[name] for name in common} == {name: wanted[name] for name in common}
    listed = json.loads((captures / "ubus-service-list.json").read_text())
    running = json.loads(await bench.out("ubus call service list"))
    for name in ("dropbear", "rpcd", "uhttpd", "sysntpd"):
        mine, theirs = running[name]["instances"], listed[name]["instances"]
        assert list(mine) == list(theirs)
        command = [w.replace("ap-01", "H") for w in theirs["instance1"]["command"]]
        assert [w.replace("ap-01", "H") for w in mine["instance1"]["command"]] == command


async def test_ubus_signatures_are_the_captured_ones(bench: Bench, captures: Path) -> None:
    def signatures(text: str) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for line in text.splitlines():
            if line.startswith("'"):
                current = found.setdefault(line.split("'")[1], {})
            else:
                method, _, parameters = line.strip().partition(":")
                current[method.strip('"')] = json.loads(parameters)
                current[method.strip('"')].pop("ubus_rpc_session", None)
        return found

    wanted = signatures((captures / "ubus-list-v.txt").read_text())
    answer = signatures(await bench.out("ubus -v list"))
    for name, methods in answer.items():
        theirs = wanted.get(name, {})
        assert {m: p for m, p in methods.items() if m in theirs} == {
            m: p for m, p in theirs.items() if m in methods
        }, name
    assert {"system", "uci", "file", "network.interface.lan", "hostapd.phy0-ap0"} <= answer.keys()


async def test_the_environment_of_a_session_is_the_captured_one(captures: Path) -> None:
    from owtui.simulator import Fleet, FleetSpec
    from tests.simulator.dial import connect

    wanted = (captures / "ssh-session-env.txt").read_text().splitlines()[:10]
    async with Fleet(FleetSpec(speed=0.02)) as fleet, connect(fleet.devices[0]) as client:
        said = str((await client.run("env; id")).stdout).splitlines()
    names = [line.split("=")[0] for line in wanted]
    assert sorted(line.split("=")[0] for line in said[:-1]) == sorted(
        name for name in names if name != "SSH_PUBKEYINFO"
    )
    same = {"USER=root", "HOME=/root", "LOGNAME=root", "SHELL=/bin/ash", "PWD=/root", "SHLVL=1"}
    assert same | {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"} <= set(said)
    assert said[-1] == "uid=0(root) gid=0(root)"


async def test_the_kept_files_are_those_of_sysupgrade(bench: Bench, captures: Path) -> None:
    await bench.out("echo k >/etc/dropbear/authorized_keys")
    wanted = (captures / "sysupgrade-list-backup.txt").read_text().splitlines()
    answer = (await bench.out("sysupgrade -l")).splitlines()
    assert answer == [path for path in wanted if "openwisp" not in path]


async def test_logread_ps_and_packages_have_the_captured_form(bench: Bench, captures: Path) -> None:
    log = re.compile(r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} \w+\.\w+ [\w.-]+(\[\d+\])?: .+")
    for text in ((captures / "logread-boot.txt").read_text(), await bench.out("logread")):
        assert all(log.fullmatch(line) for line in text.splitlines())
    process = re.compile(r" *\d+ \w+ +\d+ [RSZ][<N]? +.+")
    for text in ((captures / "ps.txt").read_text(), await bench.out("ps w")):
        head, *rows = text.splitlines()
        assert head == "  PID USER       VSZ STAT COMMAND"
        assert all(process.fullmatch(row) for row in rows)
    wanted = set((captures / "opkg-list-installed.txt").read_text().splitlines())
    answer = set((await bench.out("opkg list-installed")).splitlines())
    assert {line for line in answer if line in wanted} >= {
        line for line in answer if not line.startswith("firewall -")
    }


async def test_leases_have_the_captured_form(bench: Bench, captures: Path) -> None:
    lease = re.compile(r"\d{10} ([0-9a-f:]{17}) 10\.77\.0\.\d+ client-\w\w 01:\1")
    answer = await bench.out("cat /tmp/dhcp.leases")
    for text in ((captures / "dhcp-leases.txt").read_text(), answer):
        assert text and all(lease.fullmatch(line) for line in text.splitlines())


async def test_the_json_rpc_transcript_replays_with_the_same_codes(captures: Path) -> None:
    bench = Bench(identity(name="ap-02", model="gl-mt1300", lan_address="10.77.0.12"))
    rpc = JsonRpc(bench.device)
    session = ""
    for part in (captures / "jsonrpc-transcript.txt").read_text().split("## ")[1:]:
        title, request, reply = [*part.rstrip("\n").split("\n"), "", ""][:3]
        body = request[2:].replace("33b36f5b871b3270e33b533129829d61", session or "0" * 32)
        answer = await rpc.answer(body.encode())
        wanted = reply[2:].removesuffix(" [http 200]")
        if title == "login":
            session = json.loads(answer)["result"][1]["ubus_rpc_session"]
        short = re.compile(r'"expires":300,"acls".*|"(load|memory|localtime|uptime)":.*', re.DOTALL)
        times = re.compile(r'"(size|mtime|atime|ctime|inode)":\d+')
        clean = [
            times.sub(
                "",
                short.sub(
                    "", text.replace(session, "S").replace("33b36f5b871b3270e33b533129829d61", "S")
                ),
            )
            if session
            else text
            for text in (answer, wanted)
        ]
        assert clean[0] == clean[1], title
