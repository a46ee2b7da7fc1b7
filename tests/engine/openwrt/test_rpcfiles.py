"""Files over ubus: staged, proven, moved, and nothing left of what failed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from owtui.engine.openwrt.rpc import UbusRouter
from owtui.engine.openwrt.rpcfiles import _PROVE_AND_MOVE, CHUNK_BYTES
from owtui.errors import (
    DeniedError,
    MissingError,
    NoSpaceError,
    ProtocolError,
)
from tests.engine.transport.ubus_server import Files, UbusServer

PROVE = "sha256sum"


async def test_a_file_is_read_byte_for_byte(
    files: Files, router: UbusRouter, server: UbusServer
) -> None:
    files.content = {"/a": bytes(range(256)), "/empty": b"", "/big": bytes(256 * 1024)}
    assert await router.read_file("/a") == bytes(range(256))
    assert await router.read_file("/empty") == b""
    with pytest.raises(MissingError, match="/nosuch"):
        await router.read_file("/nosuch")
    with pytest.raises(DeniedError, match="larger than ubus reads"):
        await router.read_file("/big")
    files.forbidden = lambda path: True
    with pytest.raises(DeniedError):
        await router.read_file("/a")
    server.objects["file"]["read"] = lambda _: {"data": "not base64!"}
    with pytest.raises(ProtocolError):
        await router.read_file("/a")


def shell(files: Files) -> Any:
    """`file exec` of /bin/sh with the one script that write_file needs, done on the dictionary."""

    def run(words: list[str]) -> Any:
        assert words[:2] == ["/bin/sh", "-c"]
        if PROVE not in words[2]:
            return {"code": 0, "stdout": "ran\n", "stderr": ""}
        stage, proof, mode, path = words[4:]
        data = files.content[stage]
        if f"{hashlib.sha256(data).hexdigest()}  -" != proof:
            return {"code": 9}
        files.content[path] = files.content.pop(stage)
        files.modes[path] = int(mode, 8)
        return {"code": 0}

    return run


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, 3 * CHUNK_BYTES + 5])
async def test_a_file_is_staged_proven_and_moved(
    files: Files, router: UbusRouter, size: int
) -> None:
    files.run = shell(files)
    data = bytes(i % 251 for i in range(size))
    await router.write_file("/etc/x", data, mode=0o640)
    assert files.content == {"/etc/x": data}
    assert files.modes["/etc/x"] == 0o640


async def test_each_post_of_a_write_fits_into_what_uhttpd_takes(
    files: Files, router: UbusRouter, server: UbusServer
) -> None:
    sizes = []
    answer = server._one

    def measured(question: dict[str, Any]) -> dict[str, Any]:
        sizes.append(len(json.dumps(question)))
        return answer(question)

    server._one = measured  # type: ignore[method-assign]
    files.run = shell(files)
    await router.write_file("/etc/x", bytes(200_000))
    assert max(sizes) < 65536


async def test_a_full_file_system_is_told_and_nothing_is_left(
    files: Files, router: UbusRouter, server: UbusServer
) -> None:
    files.run = shell(files)
    files.room = CHUNK_BYTES + 10
    server.objects["system"] = {"info": lambda _: {"root": {"total": 100, "avail": 1}}}
    with pytest.raises(NoSpaceError, match="/etc/x"):
        await router.write_file("/etc/x", bytes(2 * CHUNK_BYTES))
    assert files.content == {}


async def test_a_file_that_arrived_changed_is_not_moved(
    files: Files, router: UbusRouter, server: UbusServer
) -> None:
    files.run = shell(files)
    write = server.objects["file"]["write"]
    server.objects["file"]["write"] = lambda args: write({**args, "data": "AAAA"})
    with pytest.raises(ProtocolError, match="as it was sent"):
        await router.write_file("/etc/x", b"hello")
    assert files.content == {}


async def test_a_cancelled_write_leaves_no_stage(
    files: Files, router: UbusRouter, server: UbusServer
) -> None:
    files.run = shell(files)
    files.content["/etc/x"] = b"old"
    begun = asyncio.Event()
    write = server.objects["file"]["write"]
    gate = asyncio.Event()

    def first_piece(args: dict[str, Any]) -> Any:
        server.gate = gate
        begun.set()
        return write(args)

    server.objects["file"]["write"] = first_piece
    writing = asyncio.create_task(router.write_file("/etc/x", bytes(3 * CHUNK_BYTES)))
    await begun.wait()
    writing.cancel()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert files.content == {"/etc/x": b"old"}


async def test_where_exec_is_denied_a_small_file_is_written_in_one_call(
    files: Files, router: UbusRouter
) -> None:
    allowed = "/etc/dropbear/authorized_keys"
    files.forbidden = lambda path: path != allowed
    await router.write_file(allowed, b"ssh-ed25519 AAAA\n")
    assert files.content == {allowed: b"ssh-ed25519 AAAA\n"}
    with pytest.raises(DeniedError) as caught:
        await router.write_file(allowed, bytes(CHUNK_BYTES + 1))
    assert "acl.d" in caught.value.hint
    with pytest.raises(DeniedError):
        await router.write_file("/etc/passwd", b"x")
    files.forbidden = lambda path: False  # staging allowed, moving not: the stage is removed
    files.content.clear()
    await router.write_file("/etc/y", b"y")
    assert files.content == {"/etc/y": b"y"}


def test_the_moving_script_works_in_a_real_shell(tmp_path: Path) -> None:
    stage, path = tmp_path / "it's staged", tmp_path / "the file"
    stage.write_bytes(b"data")
    proof = f"{hashlib.sha256(b'data').hexdigest()}  -"
    words = ["sh", "-c", _PROVE_AND_MOVE, "sh", str(stage), proof, "640", str(path)]
    wrong = [*words[:5], f"{'0' * 64}  -", *words[6:]]
    assert subprocess.run(wrong, check=False).returncode == 9
    assert not path.exists()
    subprocess.run(words, check=True)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"data", 0o640)
    stage.write_bytes(b"data")
    folder = tmp_path / "folder"
    folder.mkdir()
    assert subprocess.run([*words[:-1], str(folder)], check=False).returncode == 8
    assert (list(folder.iterdir()), stage.exists()) == ([], True)
