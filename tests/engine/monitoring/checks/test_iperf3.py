"""The iperf3 check: OpenWISP's command lines, its locks, and what never is on a command line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from owtui.engine.monitoring.checks import iperf3lines as lines
from owtui.engine.monitoring.checks.base import Later
from owtui.engine.monitoring.checks.iperf3 import Iperf3
from owtui.engine.monitoring.checks.locks import EXPIRE_S
from owtui.engine.transport.base import CommandResult
from owtui.errors import InputError, MissingError, UnreachableError
from tests.engine.monitoring.checks.means import World
from tests.rows import device

SAMPLES = Path(__file__).parents[5] / "shared" / "data" / "monitoring" / "iperf3"
ROW = device(status="ok")
HOST: dict[str, Any] = {"host": ["192.0.2.5"]}
OPTIONS = Iperf3().complete({})["client_options"]
FAILED = b'{"end": {}, "error": "error - unable to connect to server: Connection refused"}'


def leg(
    udp: bool = False, last: bool = False, auth: lines.Auth | None = None, **options: Any
) -> str:
    chosen = Iperf3().complete({"client_options": options})["client_options"]
    return lines.line("192.0.2.5", chosen, auth or lines.Auth(), udp=udp, last=last)


def test_the_lines_are_openwisps() -> None:
    head = "iperf3 -c 192.0.2.5 -p 5201 -t 10 --connect-timeout 1000"
    assert leg() == f"{head} -b 0 -l 128K -w 0 -P 1 -J"
    assert leg(udp=True) == f"{head} -b 30M -l 0 -w 0 -P 1 -u -J"
    assert leg(reverse=True).endswith("-P 1 --reverse -J")
    assert leg(reverse=True, bidirectional=True, udp=True).endswith("-P 1 --bidir -u -J")


def test_blocks_win_over_bytes_and_bytes_over_time() -> None:
    assert " -n 20M " in leg(bytes="20M", time=5) and " -t " not in leg(bytes="20M")
    assert " -k 100K " in leg(bytes="20M", blockcount="100K")
    assert lines.timeout_s(OPTIONS) == 41
    assert lines.timeout_s({**OPTIONS, "bytes": "1G"}) == lines.LONGEST_S


def test_the_key_is_written_before_and_removed_after_the_last_leg_with_its_exit_kept() -> None:
    auth = lines.Auth("me", "MIIB", password=True)
    first, last = leg(auth=auth), leg(udp=True, last=True, auth=auth)
    assert "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----" in first
    assert "--username me --rsa-public-key-path /tmp/iperf3-public-key.pem -J" in first
    assert "rm -f" not in first
    assert last.endswith("; ran=$?; rm -f /tmp/iperf3-public-key.pem; (exit $ran)")


async def test_the_password_goes_by_standard_input_alone(tmp_path: Path) -> None:
    world = World()
    world.answers.commands = [CommandResult(FAILED, b"", 1)] * 2
    file = tmp_path / "password"
    file.write_text("s3cret\nignored\n")
    params = {**HOST, "username": "me", "password_file": str(file), "rsa_public_key": "MIIB"}
    result = await Iperf3().run(world.asked(Iperf3(), ROW, **params))
    for command, stdin, _ in world.answers.asked:
        assert "s3cret" not in command
        assert command.startswith("IFS= read -r IPERF3_PASSWORD && export IPERF3_PASSWORD && ")
        assert stdin == b"s3cret\n"
    assert "s3cret" not in str(result)
    assert result.readings is not None
    assert result.readings[0].values["iperf3_result"] == 0


def test_a_host_that_is_odd_stays_one_word() -> None:
    assert lines.line("a; reboot", OPTIONS, lines.Auth(), udp=False, last=True).startswith(
        "iperf3 -c 'a; reboot' -p"
    )


async def test_skipped_when_critical_without_a_server_and_where_ssh_does_not_work() -> None:
    world, check = World(), Iperf3()
    assert await world.values(check, device(status="critical"), **HOST) is None
    assert await world.values(check, ROW) is None
    world.answers.via = "ubus"
    assert await world.values(check, ROW, **HOST) is None
    world.answers.via, world.answers.closed = "ssh", UnreachableError("No route.")
    assert await world.values(check, ROW, **HOST) is None
    assert world.answers.asked == []


async def test_a_device_without_iperf3_is_told_and_its_server_is_free_again() -> None:
    world = World()
    world.answers.commands = [CommandResult(b"", b"ash: iperf3: not found", 127)] * 2
    for _ in range(2):
        with pytest.raises(MissingError, match="There is no iperf3 on ap-1"):
            await Iperf3().run(world.asked(Iperf3(), ROW, **HOST))


async def test_a_server_serves_one_at_a_time_and_frees_itself_after_ten_minutes() -> None:
    world = World()
    world.answers.commands = [CommandResult(FAILED, b"", 1)] * 9
    both = {"host": ["192.0.2.5", "192.0.2.6"], "client_options": {"time": 30}}
    held = world.locks.first_free([f"{ROW.organization_id}/192.0.2.5"])
    assert held is not None
    await Iperf3().run(world.asked(Iperf3(), ROW, **both))
    assert all("-c 192.0.2.6 " in command for command, *_ in world.answers.asked)
    with pytest.raises(Later) as later:
        await Iperf3().run(world.asked(Iperf3(), ROW, **{**both, **HOST}))
    assert later.value.after_s == 60
    world.clock_s = EXPIRE_S
    await Iperf3().run(world.asked(Iperf3(), ROW, **HOST))


async def test_a_password_that_cannot_be_read_holds_no_server(tmp_path: Path) -> None:
    world = World()
    params = {**HOST, "password_file": str(tmp_path / "none")}
    for _ in range(2):
        with pytest.raises(InputError, match="password of iperf3"):
            await Iperf3().run(world.asked(Iperf3(), ROW, **params))


async def test_what_openwisp_refuses_is_refused() -> None:
    file = SAMPLES / "invalid_params.json"
    if not file.exists():
        pytest.skip("the samples beside the repository are missing: shared/data/monitoring/iperf3")
    for params in json.loads(file.read_text()):
        with pytest.raises(InputError):
            Iperf3().prove(params)


def test_real_results_are_read() -> None:
    if not SAMPLES.exists():
        pytest.skip("the samples beside the repository are missing: shared/data/monitoring/iperf3")
    read = lambda name: (SAMPLES / name).read_text()  # noqa: E731
    tcp = lines.figures(read("result_tcp.json"), lines.TCP_FIELDS)
    udp = lines.figures(read("result_udp.json"), lines.UDP_FIELDS)
    assert tcp is not None and udp is not None
    assert tcp[0] and udp[0]
    assert all(tcp[1][name] > 0 for name in ("sent_bps_tcp", "received_bps_tcp", "sent_bytes_tcp"))
    assert udp[1]["total_packets"] > 0 and udp[1]["jitter"] > 0
    for name in ("result_fail.json", "result_auth_fail.json"):
        failed = lines.figures(read(name), lines.TCP_FIELDS)
        assert failed == (False, dict.fromkeys((name for name, *_ in lines.TCP_FIELDS), 0.0))
    assert lines.figures(read("param_error.txt"), lines.TCP_FIELDS) is None


@pytest.mark.parametrize("status", [0, 1, 127])
def test_a_shell_gives_the_program_its_password_keeps_its_exit_and_removes_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    key = tmp_path / "key.pem"
    monkeypatch.setattr(lines, "KEY_FILE", str(key))
    program = tmp_path / "iperf3"
    program.write_text(f'#!/bin/sh\necho "$IPERF3_PASSWORD"; cat {key}; exit {status}\n')
    program.chmod(0o700)
    command = leg(last=True, auth=lines.Auth("me", "MI'IB", password=True))
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        input="pass word\\\n",
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    told = "pass word\\\n-----BEGIN PUBLIC KEY-----\nMI'IB\n-----END PUBLIC KEY-----\n"
    assert (done.returncode, done.stdout, done.stderr) == (status, told, "")
    assert not key.exists()
