"""`owtui config drift`: what differs from what was applied, in a table and as JSON."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from owtui.simulator.fleet import SimulatedDevice
from storage import devicelist, running
from storage.db import Database
from tests.cli.conftest import CommandLine
from tests.routers import Routers

KEYS = ["device", "device_id", "drifted", "packages", "who", "since", "ignored", "expected"]
NETWORK = "/etc/config/network"


@pytest.fixture
def first(routers: Routers) -> SimulatedDevice:
    """The first router; its network is mended afterwards."""
    return next(d for d in routers.fleet.devices if d.name == routers.names[0])


def bind(owtui: CommandLine, name: str) -> None:
    """Take for applied what a device was read to have."""
    database = Database.open(f"sqlite:///{owtui.home / 'data' / 'owtui' / 'owtui.db'}")

    def expect(session: Session) -> None:
        (device,) = (row for row in devicelist.rows(session) if row.name == name)
        row = running.rows(session, [device.id])[device.id]
        running.expect(session, device.id, row.sums, row.digests, ())

    database.write(expect)
    database.close()


async def rewrite(device: SimulatedDevice, text: bytes) -> None:
    device.device.files.write(NETWORK, text)


def test_drift_is_found_told_and_ignored(
    owtui: CommandLine, routers: Routers, first: SimulatedDevice
) -> None:
    name = first.name
    before = owtui("config", "drift", "--json")
    assert before.code == 0
    assert [list(row) for row in before.json] == [[*KEYS, "read_at"]] * len(routers.names)
    assert not any(row["drifted"] or row["read_at"] for row in before.json)
    assert "were never read; --now reads them" in owtui("config", "drift").err
    looked = owtui("config", "drift", name, "--now")
    assert (looked.code, looked.out) == (0, "")
    assert "To 1 nothing was applied yet" in looked.err
    bind(owtui, name)
    text = first.device.files.read(NETWORK)
    routers.do(rewrite(first, text + b"\nconfig interface 'extra'\n\toption proto 'none'\n"))
    try:
        (row,) = owtui("config", "drift", name, "--now", "--json").json
        assert (row["device"], row["drifted"], row["packages"]) == (name, True, ["network"])
        assert row["since"].endswith("Z") and row["who"]
        table = owtui("config", "drift")
        assert name in table.out and "network" in table.out and "LIKELY" in table.out
        (listed,) = owtui("devices", "drifted=yes", "--json", "--columns", "name,drift").json
        assert listed == {"name": name, "drift": ["network"]}
        assert owtui("--read-only", "config", "drift", name, "--ignore").code == 4
        assert "yes" in owtui("config", "drift", name, "--ignore").out
        assert owtui("devices", "drifted=yes", "--json").json == []
        (ignored,) = owtui("config", "drift", name, "--json").json
        assert (ignored["drifted"], ignored["ignored"]) == (True, True)
    finally:
        routers.do(rewrite(first, text))
    (mended,) = owtui("config", "drift", name, "--now", "--json").json
    assert (mended["drifted"], mended["packages"], mended["since"]) == (False, [], None)


def test_a_device_that_is_away_is_3_and_the_record_is_told_all_the_same(
    owtui: CommandLine, routers: Routers, first: SimulatedDevice
) -> None:
    routers.do(first.fault(refused=True))
    try:
        done = owtui("config", "drift", first.name, "--now", "--json")
    finally:
        routers.do(first.fault(refused=False))
    assert done.code == 3
    assert first.name in done.err
    assert [row["device"] for row in done.json] == [first.name]


def test_mistakes_are_one_sentence(owtui: CommandLine) -> None:
    assert owtui("config", "drift", "name=nosuch").code == 2
    assert owtui("config", "drift", "--ignore").code == 2
    assert owtui("config", "drift", "nosuch", "--ignore").code == 2
    assert owtui("config", "nosuch").code == 2


def test_what_a_device_runs_is_printed_without_its_secrets(
    owtui: CommandLine, routers: Routers, first: SimulatedDevice
) -> None:
    name = first.name
    never = owtui("config", "running", name)
    assert never.code == 2 and "was never read" in never.err
    text = first.device.files.read(NETWORK)
    canary = "canary-psk-4711"
    secret = (
        f"\nconfig interface 'wg0'\n\toption proto 'wireguard'\n\toption private_key '{canary}'\n"
    )
    routers.do(rewrite(first, text + secret.encode()))
    try:
        done = owtui("config", "running", name, "--now")
    finally:
        routers.do(rewrite(first, text))
    assert done.code == 0
    assert "# /etc/config/network\n" in done.out and "option private_key '•••'" in done.out
    told = owtui("config", "running", name, "--json").json
    assert list(told) == ["device", "device_id", "read_at", "staged", "unread", "files"]
    assert "config interface 'wg0'" in told["files"][NETWORK]
    assert canary not in done.out + done.err + str(told)
    data = owtui.home / "data" / "owtui"
    assert not any(canary.encode() in file.read_bytes() for file in data.iterdir())
    assert owtui("config", "running", "nosuch").code == 2
