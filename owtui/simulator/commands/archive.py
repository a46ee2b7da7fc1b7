"""tar, gzip and gunzip over the device's own files; member names never lead out of its tree."""

from __future__ import annotations

import gzip
import io
import posixpath
import re
import tarfile
import zlib

from ..files import Node
from ..shell.call import Call, Refused, program

_MAX_BYTES = 256 << 20


@program("/bin/tar")
async def tar(call: Call) -> int:
    args = list(call.args)
    if args and re.fullmatch(r"[a-zA-Z]+", args[0]):
        args[0] = "-" + args[0]
    call.argv = [call.argv[0], *args]
    options, operands = call.options("cxtzvpohkmO", "fCTX")
    folder = call.files.resolve(options.get("C", "."), call.shell.cwd)
    if "T" in options:
        names = (await call.read(options["T"])).decode(errors="replace").split("\n")
        operands += [name for name in names if name]
    if "c" in options:
        return await _create(call, folder, operands, options)
    data = await call.read(options.get("f", "-"))
    try:
        if data[:2] == b"\x1f\x8b":
            data = unzip(data)
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            return await _read(call, archive, folder, operands, options)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno == 28:
            raise
        return await call.fail("short read" if data else "invalid magic")


def unzip(data: bytes) -> bytes:
    """Return what gzip data holds; raises OSError for too much of it, or zlib's errors."""
    engine = zlib.decompressobj(wbits=31)
    out = engine.decompress(data, _MAX_BYTES)
    if engine.unconsumed_tail:
        raise Refused("too large to be simulated")
    if not engine.eof:
        raise EOFError
    return out


async def _create(call: Call, folder: str, names: list[str], options: dict[str, str]) -> int:
    buffer = io.BytesIO()
    status = 0
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name in names:
            where = call.files.resolve(name, folder)
            if call.files.find(where) is None:
                status = await call.fail(f"{name}: No such file or directory")
                continue
            for path, node in call.files.walk(where):
                inner = (
                    posixpath.join(name, path[len(where) :].lstrip("/")) if path != where else name
                )
                _add(archive, inner.lstrip("/"), node)
                if "v" in options:
                    await call.err(inner.lstrip("/") + "\n")
    data = gzip.compress(buffer.getvalue(), mtime=0) if "z" in options else buffer.getvalue()
    target = options.get("f", "-")
    if target == "-":
        await call.out(data)
    else:
        call.files.write(target, data, call.shell.cwd)
    return status


def _add(archive: tarfile.TarFile, name: str, node: Node) -> None:
    member = tarfile.TarInfo(name or ".")
    member.mode, member.mtime = node.mode, int(node.mtime)
    member.uname = member.gname = "root"
    if node.is_dir:
        member.type = tarfile.DIRTYPE
    elif node.is_link:
        member.type, member.linkname = tarfile.SYMTYPE, bytes(node.data).decode()
    else:
        member.size = len(node.data)
    archive.addfile(member, io.BytesIO(bytes(node.data)) if member.isreg() else None)


async def _read(
    call: Call, archive: tarfile.TarFile, folder: str, names: list[str], options: dict[str, str]
) -> int:
    wanted = {name.strip("/").removeprefix("./") for name in names}
    seen: set[str] = set()
    for member in archive:
        name = posixpath.normpath("/" + member.name).lstrip("/")
        if wanted and not any(name == w or name.startswith(w + "/") for w in wanted):
            continue
        seen.add(name)
        if "t" in options or "v" in options:
            await call.out(member.name + "\n")
        if "t" in options:
            continue
        source = archive.extractfile(member) if member.isreg() else None
        data = source.read() if source is not None else b""
        if "O" in options:
            await call.out(data)
        else:
            _extract(call, posixpath.join(folder, name), member, data)
    missing = {w for w in wanted if not any(s == w or s.startswith(w + "/") for s in seen)}
    for name in sorted(missing):
        await call.fail(f"{name}: not found in archive")
    return int(bool(missing))


def _extract(call: Call, path: str, member: tarfile.TarInfo, data: bytes) -> None:
    files = call.files
    if member.isdir():
        files.mkdir(path, parents=True)
        return
    files.mkdir(posixpath.dirname(path), parents=True)
    if member.issym():
        if files.find(path, follow=False) is not None:
            files.remove(path)
        files.symlink(member.linkname, path)
    elif member.isreg():
        files.write(path, data, mode=member.mode & 0o777)
        files.chmod(path, member.mode & 0o777)
        call.device.effects.writes[path] += 1


@program("/bin/gzip", "/bin/gunzip", "/bin/zcat")
async def zip_(call: Call) -> int:
    options, paths = call.options("cdfk123456789")
    unpacking = "d" in options or call.name in ("gunzip", "zcat")
    data = await call.read(paths[0] if paths else "-")
    try:
        result = unzip(data) if unpacking else gzip.compress(data, mtime=0)
    except (EOFError, zlib.error):
        return await call.fail("invalid magic")
    if not paths or "c" in options or call.name == "zcat":
        await call.out(result)
        return 0
    target = paths[0].removesuffix(".gz") if unpacking else paths[0] + ".gz"
    call.files.write(target, result, call.shell.cwd)
    if "k" not in options:
        call.files.remove(paths[0], call.shell.cwd)
    return 0
