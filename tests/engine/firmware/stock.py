"""Images for simulated devices, and builds that hold them."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from pathlib import Path

from sqlmodel import Session

from owtui.engine.firmware.store import FirmwareStore
from owtui.engine.parts import Parts
from storage import firmware
from storage.tables import FirmwareBuild, FirmwareCategory, FirmwareImage

VERSION, REVISION = "24.10.9", "r29300-0123456789"


def image(boards: Sequence[str], *, size: int = 200_000, revision: str = REVISION) -> bytes:
    """Bytes that nothing compresses, and at their end what fwtool would have put there."""
    told = {
        "metadata_version": "1.1",
        "supported_devices": list(boards),
        "version": {"version": VERSION, "revision": revision},
    }
    text = "{ " + json.dumps(told)[1:]
    return random.Random(size).randbytes(size) + text.encode()


def stock(
    parts: Parts, boards: Sequence[str], data: bytes, folder: Path, *, revision: str = REVISION
) -> FirmwareImage:
    """A build roofs/24.10.9 with this one image for these boards."""
    store = FirmwareStore.of(parts.loaded, parts.database)
    source = folder / f"openwrt-{VERSION}-lab-squashfs-sysupgrade.bin"
    source.write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    staged = store.stage(source, sha256)

    def write(session: Session) -> FirmwareImage:
        category = firmware.save_category(session, FirmwareCategory(name="roofs"))
        build = firmware.save_build(
            session, FirmwareBuild(category_id=category.id, version=VERSION)
        )
        made = FirmwareImage(
            build_id=build.id,
            file_name=source.name,
            type="lab",
            sha256=sha256,
            size=len(data),
            boards=list(boards),
            meta_data={"version": {"version": VERSION, "revision": revision}},
        )
        return firmware.save_image(session, made)

    made = parts.database.write(write)
    store.publish(staged, made.build_id, made.file_name)
    return made
