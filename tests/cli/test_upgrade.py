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
