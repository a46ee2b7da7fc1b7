"""What ash does itself: cd, read, set, trap and the other commands that change the shell."""

from __future__ import annotations

import asyncio
import posixpath

from ..files import refusal
from ..guard import is_guard
from ..shell.call import Call, program
from ..shell.control import Break, Exit, Return
from ..streams import Stream


def _number(call: Call, default: int) -> int:
    return int(call.args[0]) if call.args and call.args[0].lstrip("-").isdigit() else default


@program(":", "/bin/true", builtin=True)
async def true(call: Call) -> int:
    return 0


@program("/bin/false", builtin=True)
async def false(call: Call) -> int:
    return 1


@program("exit", builtin=True)
async def leave(call: Call) -> int:
    raise Exit(_number(call, call.shell.status) & 255)


@program("return", builtin=True)
async def back(call: Call) -> int:
    raise Return(_number(call, call.shell.status) & 255)


@program("break", builtin=True)
async def break_(call: Call) -> int:
    raise Break(max(1, _number(call, 1)), again=False)


@program("continue", builtin=True)
async def continue_(call: Call) -> int:
    raise Break(max(1, _number(call, 1)), again=True)


@program("cd", builtin=True)
async def change_folder(call: Call) -> int:
    shell = call.shell
    target = call.args[0] if call.args else shell.vars.get("HOME", "/root")
    if target == "-":
        target = shell.vars.get("OLDPWD", shell.cwd)
    try:
        where = call.files.resolve(target, shell.cwd)
        if not call.files.node(where).is_dir:
            raise refusal(20, target)
    except OSError as error:
        await shell.complain(f"cd: line 0: can't cd to {target}: {error.strerror}")
        return 2
    shell.vars["OLDPWD"], shell.cwd = shell.cwd, posixpath.normpath(where)
    return 0


@program("/bin/pwd", builtin=True)
async def print_folder(call: Call) -> int:
    await call.out(call.shell.cwd + "\n")
    return 0


@program("read", builtin=True)
async def read_line(call: Call) -> int:
    names = [a for a in call.args if not a.startswith("-")] or ["REPLY"]
    raw = "-r" in call.args
    data = (await call.stdin.readline()).decode("utf-8", "surrogateescape")
    ended = data.endswith("\n")
    line = data.rstrip("\n").replace("\0", "")
    if not raw:
        line = line.replace("\\", "")
    ifs = call.shell.vars.get("IFS", " \t\n")
    blank = "".join(c for c in ifs if c in " \t\n")
    if not ifs:
        fields = [line]
    elif blank == ifs:
        fields = line.split(None, len(names) - 1)
    else:
        mark = next(c for c in ifs if c not in " \t\n")
        fields = [f.strip(blank) for f in line.split(mark, len(names) - 1)]
    fields += [""] * (len(names) - len(fields))
    values = (f.strip(blank) if blank else f for f in fields)
    call.shell.vars.update(zip(names, values, strict=False))
    return 0 if ended else 1


@program("export", builtin=True)
async def export(call: Call) -> int:
    for arg in call.args:
        name, given, value = arg.partition("=")
        if given:
            call.shell.vars[name] = value
        call.shell.exported.add(name)
    return 0


@program("readonly", builtin=True)
async def readonly(call: Call) -> int:
    return await export(call)


@program("local", builtin=True)
async def local(call: Call) -> int:
    shell = call.shell
    if not shell.frames:
        await shell.complain("local: line 0: not in a function")
        return 2
    for arg in call.args:
        name, given, value = arg.partition("=")
        shell.frames[-1].setdefault(name, shell.vars.get(name))
        if given:
            shell.vars[name] = value
    return 0


@program("unset", builtin=True)
async def unset(call: Call) -> int:
    for name in call.args:
        if name != "-f":
            call.shell.vars.pop(name, None)
            call.shell.functions.pop(name, None)
    return 0


@program("shift", builtin=True)
async def shift(call: Call) -> int:
    count = _number(call, 1)
    if count > len(call.shell.args):
        return 1
    del call.shell.args[:count]
    return 0


@program("set", builtin=True)
async def set_(call: Call) -> int:
    shell = call.shell
    rest = list(call.args)
    if not rest:
        rows = (f"{k}='{v}'\n" for k, v in sorted(shell.vars.items()))
        await call.out("".join(rows))
    while rest:
        arg = rest.pop(0)
        if arg == "--":
            shell.args = rest
            break
        if arg in ("-o", "+o"):
            name = rest.pop(0) if rest else ""
            flags = {"errexit": "e", "nounset": "u", "xtrace": "x"}.get(name, "")
            arg = arg[0] + flags
        elif arg[:1] not in "-+":
            shell.args = [arg, *rest]
            break
        change = shell.options.update if arg[:1] == "-" else shell.options.difference_update
        change(arg[1:])
    return 0


@program("trap", builtin=True)
async def trap(call: Call) -> int:
    if len(call.args) > 1:
        for signal in call.args[1:]:
            name = signal.upper().removeprefix("SIG")
            if call.args[0] in ("-", ""):
                call.shell.traps.pop(name, None)
            else:
                call.shell.traps[name] = call.args[0]
    return 0


@program("eval", builtin=True)
async def interpret(call: Call) -> int:
    return await call.shell.source(" ".join(call.args)) if call.args else 0


@program(".", "source", builtin=True)
async def source(call: Call) -> int:
    try:
        text = call.files.read(call.args[0] if call.args else "", call.shell.cwd)
    except OSError as error:
        await call.shell.complain(f".: can't open '{call.args[0]}': {error.strerror}")
        raise Exit(2) from None
    try:
        return await call.shell.source(text.decode("utf-8", "surrogateescape"))
    except Return as done:
        return done.status


@program("exec", builtin=True)
async def replace(call: Call) -> int:
    raise Exit(await call.shell.become(call.args))


@program("wait", builtin=True)
async def wait(call: Call) -> int:
    jobs, call.shell.jobs = call.shell.jobs, []
    for job in jobs:
        await asyncio.wait([job])
    return jobs[-1].result() if jobs and call.args and not jobs[-1].cancelled() else 0


@program("umask", builtin=True)
async def umask(call: Call) -> int:
    if call.args:
        call.device.umask = int(call.args[0], 8)
    else:
        await call.out(f"{call.device.umask:04o}\n")
    return 0


@program("type", builtin=True)
async def type_(call: Call) -> int:
    status = 0
    for name in call.args:
        found = call.device.installed(name)
        if name in call.shell.functions:
            await call.out(f"{name} is a function\n")
        elif found is None:
            await call.out(f"{name}: not found\n")
            status = 127
        elif found.builtin:
            await call.out(f"{name} is a shell builtin\n")
        else:
            await call.out(f"{name} is {found.path}\n")
    return status


@program("command", builtin=True)
async def command(call: Call) -> int:
    if call.args[:1] not in (["-v"], ["-V"]):
        return await call.shell.execute(call.args) if call.args else 0
    for name in call.args[1:]:
        found = call.device.program(name, call.shell.cwd)
        if name in call.shell.functions:
            await call.out(f"{name}\n")
        elif found is None:
            return 127
        else:
            path = found if isinstance(found, str) else name if found.builtin else found.path
            await call.out(f"{path}\n")
    return 0


@program("/usr/bin/which")
async def which(call: Call) -> int:
    status = 0
    for name in call.args:
        found = call.device.installed(name)
        if found is None or not found.path.startswith("/"):
            status = 1
        else:
            await call.out(found.path + "\n")
    return status


@program("/bin/sh", "/bin/ash")
async def shell(call: Call) -> int:
    child = call.shell.fork()
    child.pid = call.pid
    child.functions, child.options, child.traps = {}, set(), {}
    child.vars = {k: v for k, v in child.vars.items() if k in child.exported} | {"IFS": " \t\n"}
    args = list(call.args)
    child.name = call.name
    while args and args[0][:1] == "-" and args[0] not in ("-c", "-s"):
        child.options.update(args.pop(0)[1:])
    if args[:1] == ["-c"] and len(args) > 1:
        child.name, child.args = (args[2] if len(args) > 2 else call.name), args[3:]
        try:
            return await child.main(args[1])
        finally:
            _close_own(child.fds, call.shell.fds)
    if args and args[0] != "-s":
        try:
            data = call.files.read(args[0], call.shell.cwd)
        except OSError as error:
            await child.complain(f"can't open '{args[0]}': {error.strerror}")
            return 2
        if is_guard(data):
            return await call.device.guard.run(call, args[1:])
        child.name, child.args = args[0], args[1:]
    else:
        data, child.args = await call.stdin.read(), args[1:]
    return await child.main(data.decode("utf-8", "surrogateescape"))


def _close_own(fds: dict[int, Stream], before: dict[int, Stream]) -> None:
    """Let go of what a shell opened by itself, and so of its locks."""
    for fd, stream in fds.items():
        if before.get(fd) is not stream:
            stream.close()


@program("/bin/busybox")
async def busybox(call: Call) -> int:
    if not call.args:
        await call.out("BusyBox v1.36.1 multi-call binary.\n")
        return 0
    return await call.shell.execute(call.args)


@program("/usr/bin/env")
async def env(call: Call) -> int:
    child = call.shell.fork()
    args = list(call.args)
    while args and "=" in args[0]:
        name, _, value = args.pop(0).partition("=")
        child.vars[name] = value
        child.exported.add(name)
    if args:
        return await child.execute(args)
    await call.out("".join(f"{k}={v}\n" for k, v in child.exports().items()))
    return 0
