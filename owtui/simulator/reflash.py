"""What a flash does to a device: another image, and of its files those that sysupgrade keeps.

-n keeps nothing: the device comes back as from the box, with the address and without the password
of one, so that whoever managed it does not reach it any more.
"""

from __future__ import annotations

import dataclasses
import io
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import configs, rom
from .models import RELEASES, Release
from .rom import KEPT

if TYPE_CHECKING:
    from .device import Device

FACTORY_ADDRESS = "192.168.1.1"


@dataclass(frozen=True, slots=True)
class Reflash:
    """A flash under way: the release to come, and whether the configuration stays."""

    release: Release
    keeps: bool


def release_of(metadata: dict[str, Any], before: Release) -> Release:
    """The release that an image holds by its metadata; what it does not say stays."""
    told = metadata.get("version")
    told = told if isinstance(told, dict) else {}
    version = str(told.get("version") or before.version)
    known = RELEASES.get(version, dataclasses.replace(before, version=version))
    return dataclasses.replace(known, revision=str(told.get("revision") or known.revision))


def kept_files(device: Device) -> list[str]:
    """Return the files a sysupgrade keeps."""
    files = device.files
    paths = [f"/etc/config/{name}" for name in device.uci.names()]
    paths += [f"/etc/dropbear/{name}" for name in files.names("/etc/dropbear")]
    paths += [f"/{name}" for name in KEPT.split()] + ["/etc/shadow"]
    if files.is_dir("/etc/openwisp"):
        paths += [f"/etc/openwisp/{name}" for name in files.names("/etc/openwisp")]
    return sorted(path for path in paths if files.find(path) is not None)


def archive(device: Device) -> bytes:
    """Return what `sysupgrade -b` saves, as tar.gz."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for path in kept_files(device):
            node = device.files.node(path)
            member = tarfile.TarInfo(path.lstrip("/"))
            member.size, member.mode, member.mtime = len(node.data), node.mode, int(node.mtime)
            tar.addfile(member, io.BytesIO(bytes(node.data)))
    return buffer.getvalue()


def install(device: Device, flash: Reflash) -> None:
    """Write the image; the device boots it next."""
    files = device.files
    kept = {path: files.node(path) for path in kept_files(device)} if flash.keeps else {}
    device.release = flash.release
    files.rom = rom.image(device.identity.model, flash.release, device.identity.luci)
    files.overlay.wipe()
    for path, node in kept.items():
        if path.startswith("/etc/openwisp/") and not files.is_dir("/etc/openwisp"):
            files.mkdir("/etc/openwisp")
        files.write(path, bytes(node.data), mode=node.mode)
    files.write("/etc/board.json", rom.board_text(device.model, device.mac))
    if not flash.keeps:
        _factory(device)
    device.effects.upgrades += 1


def _factory(device: Device) -> None:
    site = dataclasses.replace(
        device.identity.site(), hostname="OpenWrt", lan_address=FACTORY_ADDRESS, gateway=""
    )
    for name, text in configs.factory(device.model, device.release, site).items():
        device.files.write(f"/etc/config/{name}", text, mode=0o600)
    device.set_password("", counted=False)
    device.new_host_keys()
