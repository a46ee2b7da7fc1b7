"""Firmware of the demo: the newest release for each board of the simulated fleet."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.simulator.models import Model, Release

CATEGORY = "openwrt"
VERSION = "24.10.6"
SIZE = 2 << 20  # bytes; what is read of them is the metadata at their end


async def seed(engine: Engine, models: Collection[str]) -> None:
    """Put a build with an image for each of these boards (models by name) into the library."""
    from owtui.engine.firmware.entries import BuildDraft
    from owtui.simulator.models import RELEASES

    release = RELEASES[VERSION]
    desk = engine.firmware
    category = await desk.add_category(CATEGORY, description="What the demo's routers can run")
    draft = BuildDraft(
        VERSION,
        os=f"OpenWrt {release.version} {release.revision}",
        changelog="The newest release of the simulated fleet.",
    )
    build = await desk.add_build(category.id, draft)
    with TemporaryDirectory(prefix="owtui-demo-") as folder:
        for name, data in await asyncio.to_thread(list, _images(models, release)):
            path = Path(folder) / name
            path.write_bytes(data)
            await desk.add_image(build.id, path)


def _images(models: Collection[str], release: Release) -> Iterator[tuple[str, bytes]]:
    """File name and bytes of each board's image."""
    from owtui.simulator.fwtool import seal
    from owtui.simulator.models import MODELS

    payload = b"hsqs" + bytes(range(256)) * (SIZE // 256)
    for model in MODELS.values():
        if model.name in models:
            board = model.board.replace(",", "_")
            target = model.target.replace("/", "-")
            name = f"openwrt-{release.version}-{target}-{board}-squashfs-sysupgrade.bin"
            yield name, seal(payload, _metadata(model, release))


def _metadata(model: Model, release: Release) -> dict[str, Any]:
    """As OpenWrt's build writes it. The ports of an old switch changed their names with the
    switch's driver: its configuration cannot be kept, which compat_version says."""
    told: dict[str, Any] = {"metadata_version": "1.1", "compat_version": "1.0"}
    told["supported_devices"] = [model.board]
    if model.swconfig:
        told["compat_version"] = "1.1"
        told["new_supported_devices"] = [model.board]
        told["supported_devices"] = ["Image version 1.1 incompatible to device image version 1.0"]
    version = {"dist": "OpenWrt", "version": release.version, "revision": release.revision}
    version |= {"target": model.target, "board": model.board.replace(",", "_")}
    return {**told, "version": version}
