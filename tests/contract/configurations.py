"""What every router must tell of its configuration: assertions, free of fixtures.

As in verbs.py each leaves the device as it found it.
"""

from __future__ import annotations

import hashlib

import pytest

from owtui.engine.openwrt import clues
from owtui.engine.openwrt.router import Router
from owtui.errors import InputError

ODD = {
    "broken": b"config interface 'lan\n\toption x\n",
    "bytes": b"config x 'y'\n\toption z '\xff\xfe\x00\xe9'\n\n\n",
    "empty": b"",
    "noend": b"config x 'y'\n\toption z 'no newline at the end'",
    "likeus": b"\n0000 end\n\nconfig x\n",
}
"""Files that somebody may have left in /etc/config, by name."""

HUGE_KIB = 600


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


async def check_fingerprint(router: Router) -> None:
    """A sum a package and a path that was asked for; alike on both ways to it."""
    found = await router.fingerprint()
    assert (await router.survey()).fingerprint == found
    assert {f"/etc/config/{name}" for name in ("network", "system", "dhcp")} <= set(found.sums)
    assert all(path.startswith("/etc/config/") for path in found.sums)
    network = await router.read_file("/etc/config/network")
    assert found.sums["/etc/config/network"] == md5(network)
    assert (found.staged, found.unread) == ((), ())
    asked = ("/etc/nosuch", "/etc/passwd", "/etc/config/network", "/nosuch/it's $x")
    more = await router.fingerprint(asked)
    assert more == (await router.survey(asked)).fingerprint
    passwd = await router.read_file("/etc/passwd")
    assert dict(more.sums) == {
        **found.sums,
        "/etc/nosuch": "-",
        "/nosuch/it's $x": "-",
        "/etc/passwd": md5(passwd),
    }
    for wrong in ("relative", "/two\nlines"):
        with pytest.raises(InputError):
            await router.fingerprint((wrong,))


async def check_fingerprint_moves(router: Router) -> None:
    """What is staged is named and moves no sum; what is committed moves one."""
    before = await router.fingerprint()
    await router.exec("uci set system.@system[0].notes=staged")
    try:
        staged = await router.fingerprint()
        assert (staged.sums, staged.staged) == (before.sums, ("system",))
        assert (await router.configuration()).staged == ("system",)
    finally:
        await router.exec("uci revert system")
    assert await router.fingerprint() == before
    system = await router.read_file("/etc/config/system")
    try:
        await router.write_file("/etc/config/system", system + b"# a comment\n", mode=0o600)
        after = await router.fingerprint()
    finally:
        await router.write_file("/etc/config/system", system, mode=0o600)
    moved = {path for path in before.sums if before.sums[path] != after.sums[path]}
    assert moved == {"/etc/config/system"}
    assert (await router.fingerprint()).sums == before.sums


async def check_configuration(router: Router) -> None:
    """Every package byte for byte with its mode, and what else was asked for."""
    found = await router.configuration(("/etc/passwd", "/etc/nosuch"))
    assert found.sums == (await router.fingerprint(("/etc/passwd", "/etc/nosuch"))).sums
    assert found.sums["/etc/nosuch"] == "-" and "/etc/nosuch" not in found.files
    assert set(found.files) == set(found.sums) - {"/etc/nosuch"}
    for path, file in found.files.items():
        assert file.data == await router.read_file(path)
        assert found.sums[path] == md5(file.data)
    assert (found.files["/etc/config/network"].mode, found.files["/etc/passwd"].mode) == (
        0o600,
        0o644,
    )
    assert (found.unread, found.staged, found.agent) == ({}, (), None)
    assert found.free_bytes and found.free_bytes > 4096
    assert found.read_at is not None and found.read_at.tzinfo is not None
    if router.via == "ssh":
        assert found.seen_from.client.count(".") == 3 and found.seen_from.port > 0


async def check_odd_files(router: Router) -> None:
    """Broken, binary, empty and huge files are told as they are, and hide nothing else."""
    before = await router.configuration()
    made = [f"/etc/config/{name}" for name in (*ODD, "huge", "not.a.package", "folder")]
    try:
        for name, data in ODD.items():
            await router.write_file(f"/etc/config/{name}", data, mode=0o640)
        await router.write_file("/etc/config/not.a.package", b"x")
        await router.exec(f"dd if=/dev/zero of=/etc/config/huge bs=1024 count={HUGE_KIB}")
        await router.exec("mkdir /etc/config/folder")
        found = await router.configuration()
        fingerprint = await router.fingerprint()
    finally:
        await router.exec(f"rm -rf {' '.join(made)}")
    for name, data in ODD.items():
        file = found.files[f"/etc/config/{name}"]
        assert (file.data, file.mode) == (data, 0o640), name
    assert "larger" in found.unread.pop("/etc/config/huge") and not found.unread
    assert "/etc/config/huge" not in found.files
    assert fingerprint.sums["/etc/config/huge"] == md5(bytes(HUGE_KIB * 1024))
    same = {f"/etc/config/{name}": file for name, file in ODD.items()}
    assert {p: f for p, f in found.files.items() if p not in same} == before.files


async def check_clues(router: Router) -> None:
    """Each clue that a device can show is one that it shows."""
    token = "0123456789abcdef"
    await router.write_file("/tmp/clue", b"x")
    await router.exec("logger -t openwisp 'Configuration applied successfully'")
    await router.exec("uci set system.@system[0].notes=staged")
    try:
        said = await router.exec(clues.script(token, ("/tmp/clue", "/tmp/nosuch")))
    finally:
        await router.exec("uci revert system; rm /tmp/clue")
    found = clues.read(said.stdout, token)
    assert found.uptime_s is not None and found.changed_s is not None
    assert found.changed_s < 60 and max(found.agent_s) < 60
    assert (found.staged, found.rpcd_s) == (True, ())
