"""Cut the upload of an image in the middle, and see from where the next one went on."""

from __future__ import annotations

import asyncio
import re

from owtui.engine.transport.upload import KEPT
from owtui.simulator.fleet import SimulatedDevice

_STILL = re.compile(r'"\$5" = (\d+) \]\|\|exit 25')


def part_bytes(device: SimulatedDevice) -> int:
    """Bytes of an image that wait for the rest; 0 for none."""
    files = device.device.files
    found = [
        node for path, node in files.tmp.nodes.items() if node is not None and path.endswith(KEPT)
    ]
    return sum(len(node.data) for node in found)


def went_on_from(device: SimulatedDevice) -> set[int]:
    """At which bytes uploads went on, as the device was told."""
    return {
        int(found[1]) for command in device.effects.commands for found in _STILL.finditer(command)
    }


async def cut_upload(device: SimulatedDevice, at: int, within_s: float = 20.0) -> int:
    """Cut the connection when so much is there; returns how much it was: more may still come in."""
    async with asyncio.timeout(within_s):
        while part_bytes(device) < at:  # noqa: ASYNC110  # a router tells nobody
            await asyncio.sleep(0.002)
    device.cut()
    return part_bytes(device)
