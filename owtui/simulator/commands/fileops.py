"""Files and folders: cat ls cp mv rm mkdir rmdir touch chmod ln mktemp tee dd and friends."""

from __future__ import annotations

import asyncio
import posixpath
import time
from collections.abc import Callable

from ..devnodes import open_device
from ..files import Node
from ..openfile import ReadFile
from ..shell.call import Call, Refused, program
from ..streams import BytesSource, Stream

_BLOCK = 65536


def open_input(call: Call, path: str) -> Stream:
    """Open a file, a special file or "-" for reading; raises OSError."""
    if path == "-":
        return call.stdin
    where = call.files.resolve(path, call.shell.cwd)
    special = open_device(call.device, where)
    if special is not None and where != "/dev/null" and not where.startswith("/proc/"):
        return special
    return ReadFile(call.files, where, call.device.locks)


async def each(call: Call, paths: list[str], act: Callable[[str], None], verb: str = "") -> int:
    """Do something to each path, telling failures as busybox does; returns the exit status."""
    status = 0
    for path in paths:
        try:
            act(path)
        except OSError as error:
            lead = f"can't {verb} '{path}'" if verb else path
            status = await call.fail(f"{lead}: {error.strerror}")
    return status


@program("/bin/cat")
async def cat(call: Call) -> int:
    _, paths = call.options("nuvA")
    status = 0
    for path in paths or ["-"]:
        try:
            source = open_input(call, path)
        except IsADirectoryError as error:
            status = await call.fail(f"read error: {error.strerror}")
            continue
        except OSError as error:
            status = await call.fail(f"can't open '{path}': {error.strerror}")
            continue
        while data := await source.read(_BLOCK):
            await call.out(data)
    return status


@program("/usr/bin/tee")
async def tee(call: Call) -> int:
    options, paths = call.options("ai")
    targets = [call.files.create(p, call.shell.cwd, keep="a" in options) for p in paths]
    while data := await call.stdin.read(_BLOCK):
        for target in targets:
            call.files.append(target, data)
        await call.out(data)
    return 0


def _mode_text(node: Node) -> str:
    kind = "d" if node.is_dir else "l" if node.is_link else "-"
    bits = "".join(c if node.mode >> (8 - i) & 1 else "-" for i, c in enumerate("rwxrwxrwx"))
    return kind + bits


def _long(name: str, node: Node) -> str:
    when = time.strftime("%b %e %H:%M", time.gmtime(node.mtime))
    arrow = f" -> {bytes(node.data).decode()}" if node.is_link else ""
    links = 2 if node.is_dir else 1
    size = len(node.data)
    return f"{_mode_text(node)} {links:4d} root     root     {size:9d} {when} {name}{arrow}\n"


@program("/bin/ls")
async def ls(call: Call) -> int:
    options, paths = call.options("1aAlhdrtnFpL")
    status, folders, out = 0, [], []
    for path in paths or ["."]:
        node = call.files.find(path, call.shell.cwd, follow="l" not in options or "L" in options)
        if node is None:
            status = await call.fail(f"{path}: No such file or directory")
        elif node.is_dir and "d" not in options:
            folders.append(path)
        else:
            out.append(_long(path, node) if "l" in options else f"{path}\n")
    for path in folders:
        if len(paths) > 1:
            out.append(f"\n{path}:\n" if out else f"{path}:\n")
        where = call.files.resolve(path, call.shell.cwd)
        for name in call.files.names(where):
            if name.startswith(".") and not options.keys() & {"a", "A"}:
                continue
            found = call.files.node(posixpath.join(where, name), follow=False)
            out.append(_long(name, found) if "l" in options else f"{name}\n")
    await call.out("".join(out))
    return status


def _copy(call: Call, source: str, target: str, deep: bool) -> None:
    files, cwd = call.files, call.shell.cwd
    old = files.resolve(source, cwd)
    new = files.resolve(target, cwd)
    if files.is_dir(new):
        new = posixpath.join(new, posixpath.basename(old))
    if files.node(source, cwd).is_dir and not deep:
        raise Refused(f"omitting directory '{source}'")
    for path, node in list(files.walk(old)):
        where = new + path[len(old) :]
        if node.is_dir:
            files.mkdir(where, parents=True)
        elif node.is_link:
            files.symlink(bytes(node.data).decode(), where)
        else:
            files.write(where, bytes(node.data), mode=node.mode)


@program("/bin/cp")
async def cp(call: Call) -> int:
    options, paths = call.options("rRafpdPi")
    if len(paths) < 2:
        return await call.fail("missing file operand")
    *sources, target = paths
    deep = bool(options.keys() & {"r", "R", "a"})
    status = 0
    for source in sources:
        try:
            _copy(call, source, target, deep)
        except OSError as error:
            verb = "write error" if error.errno == 28 else f"can't stat '{source}'"
            status = await call.fail(f"{verb}: {error.strerror}")
    return status


@program("/bin/mv")
async def mv(call: Call) -> int:
    _, paths = call.options("fin")
    if len(paths) < 2:
        return await call.fail("missing file operand")
    *sources, target = paths
    into = call.files.is_dir(target, call.shell.cwd)

    def move(source: str) -> None:
        name = posixpath.basename(source.rstrip("/"))
        goal = posixpath.join(target, name) if into else target
        call.files.rename(source, goal, call.shell.cwd)
        call.device.effects.writes[call.files.resolve(goal, call.shell.cwd)] += 1

    return await each(call, sources, move, "rename")


@program("/bin/rm")
async def rm(call: Call) -> int:
    options, paths = call.options("rRfi")
    deep = bool(options.keys() & {"r", "R"})

    def remove(path: str) -> None:
        files, cwd = call.files, call.shell.cwd
        where = files.resolve(path, cwd, follow=False)
        if "f" in options and files.find(where, follow=False) is None:
            return
        if files.node(where, follow=False).is_dir and not deep:
            raise IsADirectoryError(21, "Is a directory")
        for found, _ in reversed(list(files.walk(where))):
            files.remove(found)

    return await each(call, paths, remove, "remove")


@program("/bin/mkdir")
async def mkdir(call: Call) -> int:
    options, paths = call.options("p", "m")
    mode = int(options.get("m", "755"), 8)
    parents = "p" in options
    return await each(
        call,
        paths,
        lambda path: call.files.mkdir(path, call.shell.cwd, parents, mode),
        "create directory",
    )


@program("/bin/rmdir")
async def rmdir(call: Call) -> int:
    _, paths = call.options("p")

    def remove(path: str) -> None:
        if not call.files.node(path, call.shell.cwd).is_dir:
            raise NotADirectoryError(20, "Not a directory")
        call.files.remove(path, call.shell.cwd)

    status = 0
    for path in paths:
        try:
            remove(path)
        except OSError as error:
            status = await call.fail(f"'{path}': {error.strerror}")
    return status


@program("/bin/touch")
async def touch(call: Call) -> int:
    options, paths = call.options("ca", "dtr")
    cwd = call.shell.cwd
    wanted = [p for p in paths if "c" not in options or call.files.find(p, cwd) is not None]
    return await each(call, wanted, lambda path: call.files.touch(path, cwd))


@program("/bin/chmod")
async def chmod(call: Call) -> int:
    options, paths = call.options("R")
    mode, *targets = [*paths, ""]
    plain = {"+x": 0o755, "a+x": 0o755, "u+x": 0o744, "-x": 0o644, "go-rwx": 0o600}
    bits = plain.get(mode) if not mode.isdigit() else int(mode, 8)
    if bits is None:
        return await call.fail(f"invalid mode '{mode}'")
    wanted = [t for t in targets if t]
    if "R" in options:
        where = [call.files.resolve(t, call.shell.cwd) for t in wanted]
        wanted = [path for root in where for path, _ in call.files.walk(root)]
    return await each(call, wanted, lambda path: call.files.chmod(path, bits, call.shell.cwd))


@program("/bin/chown", "/bin/chgrp")
async def chown(call: Call) -> int:
    _, paths = call.options("Rh")
    return await each(call, paths[1:], lambda path: _exists(call, path))


def _exists(call: Call, path: str) -> None:
    call.files.node(path, call.shell.cwd)


@program("/bin/ln")
async def ln(call: Call) -> int:
    options, paths = call.options("sfn")
    if "s" not in options or len(paths) != 2:
        return await call.fail("only `ln -s TARGET NAME` is simulated")
    target, name = paths
    if call.files.is_dir(name, call.shell.cwd):
        name = posixpath.join(name, posixpath.basename(target))
    if "f" in options and call.files.find(name, call.shell.cwd, follow=False) is not None:
        call.files.remove(name, call.shell.cwd)
    return await each(call, [name], lambda n: call.files.symlink(target, n, call.shell.cwd))


@program("/usr/bin/readlink")
async def readlink(call: Call) -> int:
    options, paths = call.options("fn")
    status = 0
    for path in paths:
        node = call.files.find(path, call.shell.cwd, follow=False)
        if "f" in options:
            await call.out(call.files.resolve(path, call.shell.cwd) + "\n")
        elif node is not None and node.is_link:
            await call.out(bytes(node.data).decode() + "\n")
        else:
            status = 1
    return status


@program("/bin/mktemp")
async def mktemp(call: Call) -> int:
    options, paths = call.options("dqtu", "p")
    template = paths[0] if paths else options.get("p", "/tmp") + "/tmp.XXXXXX"
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    stem = template.rstrip("X")
    if len(template) - len(stem) < 6:
        return await call.fail(f"{template}: Invalid argument")
    path = stem + "".join(call.device.random.choices(letters, k=len(template) - len(stem)))
    if "d" in options:
        call.files.mkdir(path, call.shell.cwd, mode=0o700)
    else:
        call.files.create(path, call.shell.cwd, mode=0o600)
    await call.out(path + "\n")
    return 0


@program("/bin/sync", "/bin/fsync")
async def sync(call: Call) -> int:
    return 0


@program("/bin/dd")
async def dd(call: Call) -> int:
    given = dict(arg.split("=", 1) for arg in call.args if "=" in arg)
    scale = {"k": 1024, "M": 1 << 20, "c": 1}
    size = given.get("bs", "512")
    block = int(size.rstrip("kMc")) * scale.get(size[-1], 1)
    source = open_input(call, given["if"]) if "if" in given else call.stdin
    limit = int(given["count"]) if "count" in given else -1
    where = call.files.create(given["of"], call.shell.cwd) if "of" in given else ""
    blocks = written = 0
    status = 0
    while blocks != limit and (data := await source.read(block)):
        try:
            if where:
                call.files.append(where, data)
            else:
                await call.out(data)
        except OSError as error:
            status = await call.fail(
                f"error writing '{given.get('of', 'stdout')}': {error.strerror}"
            )
            break
        blocks += 1
        written += len(data)
    await call.err(f"{blocks}+0 records in\n{written // block}+0 records out\n")
    return status


@program("/usr/bin/basename")
async def basename(call: Call) -> int:
    name = posixpath.basename((call.args or [""])[0].rstrip("/")) or "/"
    suffix = call.args[1] if len(call.args) > 1 else ""
    await call.out((name.removesuffix(suffix) or name) + "\n")
    return 0


@program("/usr/bin/dirname")
async def dirname(call: Call) -> int:
    await call.out((posixpath.dirname((call.args or [""])[0].rstrip("/")) or ".") + "\n")
    return 0


@program("/usr/bin/yes")
async def yes(call: Call) -> int:
    line = (" ".join(call.args) or "y") + "\n"
    while True:
        await call.out(line * 512)
        await asyncio.sleep(0)


def lines_of(data: bytes) -> list[bytes]:
    """Return lines without their newlines; a last line without one counts."""
    return data.split(b"\n")[: -1 if data.endswith(b"\n") or not data else None]


__all__ = ["BytesSource", "each", "lines_of", "open_input"]
