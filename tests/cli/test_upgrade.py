"""`owtui upgrade`: its plan, what is refused, and one device that runs the image afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine
from tests.engine.firmware.images import image
from tests.routers import Routers

pytestmark = pytest.mark.slow


def test_a_device_is_planned_then_flashed_and_then_has_nothing_to_do(
    owtui: CommandLine, routers: Routers, tmp_path: Path
) -> None:
    name = routers.names[0]
    assert owtui("poll", name).code == 0
    file = tmp_path / "openwrt-24.10.8-lab-squashfs-sysupgrade.bin"
    file.write_bytes(image(routers.fleet[name].device.model.board))
    assert owtui("firmware", "add-category", "APs").code == 0
    assert owtui("firmware", "add-build", "APs", "24.10.8").code == 0
    assert owtui("firmware", "add-image", "24.10.8", file).code == 0

    line = ("upgrade", name, "--build", "APs/24.10.8")
    planned = owtui(*line)
    assert planned.code == 0
    assert "→ 24.10.8" in planned.out
    assert owtui("upgrade", name, "--build", "APs/1").code == 2
    refused = owtui(*line, "--options", "n,c")
    assert refused.code == 2
    assert 'The "-n" and "-c" options cannot be used together' in refused.err

    done = owtui(*line, "--yes", "--follow")
    assert done.code == 0, done.out + done.err
    assert "24.10.8" in owtui("run", "ubus call system board", name).out
    owtui("poll", name)
    assert "runs 24.10.8 already" in owtui(*line).out


def test_without_a_filter_it_is_for_related_devices_and_says_whom_it_left_out(
    owtui: CommandLine, routers: Routers, tmp_path: Path
) -> None:
    name = routers.names[0]
    assert owtui("poll", name).code == 0
    board = routers.fleet[name].device.model.board
    assert owtui("firmware", "add-category", "APs").code == 0
    for version in ("24.10.7", "24.10.9"):
        file = tmp_path / f"openwrt-{version}-lab-squashfs-sysupgrade.bin"
        file.write_bytes(image(board, version=version))
        assert owtui("firmware", "add-build", "APs", version).code == 0
        assert owtui("firmware", "add-image", version, file).code == 0
    line = ("upgrade", "--build", "APs/24.10.9")
    none = owtui(*line)
    assert none.code == 2
    assert "No device has another image of APs." in none.err
    assert "FILTER" in owtui(*line, "--firmwareless", "--all").err
    by_board = owtui(*line, "--firmwareless")
    assert by_board.code == 0
    assert "chosen by board: " in by_board.out and name in by_board.out
    assert "24.10.9" in owtui(*line, "--firmwareless", "--json").json["rows"][0]["reason"]
