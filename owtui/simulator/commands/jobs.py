"""Processes and waiting: ps, kill, killall, pgrep, sleep, flock, time, xargs."""

from __future__ import annotations

import asyncio

from ..openfile import OpenFile
from ..shell.call import Call, program
from ..streams import Stream

_SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "USR2": 12, "TERM": 15}
_IGNORED = {1, 10, 12}  # what a daemon takes for "read your configuration again"


@program("/bin/sleep")
async def sleep(call: Call) -> int:
    total = 0
    for arg in call.args:
        scale = {"s": 1, "m": 60, "h": 3600, "d": 86400}.get(arg[-1:], 0)
        digits = arg[:-1] if scale else arg
        if not digits.isdigit():
            return await call.fail(f"invalid number '{arg}'")
        total += int(digits) * (scale or 1)
    await call.device.clock.sleep(total)
    return 0


@program("/bin/usleep")
async def usleep(call: Call) -> int:
    await call.device.clock.sleep(int((call.args or ["0"])[0]) / 1e6)
    return 0


@program("/bin/ps")
async def ps(call: Call) -> int:
    rows = ["  PID USER       VSZ STAT COMMAND\n"]
    for process in call.device.processes:
        running = process.command == " ".join(call.argv)
        state = "R" if running else "S"
        row = f"{process.pid:5d} {process.user:<8} {process.size_kib:5d} {state}    "
        text = row + process.command.replace("\n", " ")
        rows.append((text if "w" in call.args else text[:132]) + "\n")
    await call.out("".join(rows))
    return 0


def _signal(args: list[str]) -> int:
    """Take a leading -SIGNAL off the arguments and return its number; 0 only asks."""
    if args and args[0] == "-s":
        args.pop(0)
        name = args.pop(0) if args else "TERM"
    elif args and args[0].startswith("-") and len(args[0]) > 1:
        name = args.pop(0)[1:]
    else:
        return 15
    name = name.upper().removeprefix("SIG")
    return int(name) if name.isdigit() else _SIGNALS.get(name, 15)


def _deliver(call: Call, pid: int, signal: int) -> bool:
    process = call.device.processes.get(pid)
    if process is not None and process.task is None and signal in _IGNORED:
        return True
    return call.device.processes.kill(pid, signal)


@program("/bin/kill", builtin=True)
async def kill(call: Call) -> int:
    args = list(call.args)
    signal = _signal(args)
    status = 0
    for arg in args:
        if not arg.lstrip("-").isdigit():
            await call.shell.complain(f"kill: {arg}: arguments must be process or job IDs")
            status = 2
        elif not _deliver(call, abs(int(arg)), signal):
            await call.shell.complain(f"kill: (PID {arg}) - No such process")
            status = 1
    await asyncio.sleep(0)  # who kills itself gets no further
    return status


@program("/usr/bin/killall")
async def killall(call: Call) -> int:
    args = list(call.args)
    quiet = args[:1] == ["-q"]
    if quiet:
        args.pop(0)
    signal = _signal(args)
    status = 0
    for name in args:
        found = [p for p in call.device.processes if p.name == name]
        if not found:
            status = 1
            if not quiet:
                await call.fail(f"{name}: no process killed")
        for process in found:
            _deliver(call, process.pid, signal)
    return status


@program("/usr/bin/pgrep", "/bin/pidof")
async def pgrep(call: Call) -> int:
    options, names = call.options("flnovx", "sPu")
    wanted = names[0] if names else ""
    found = []
    for process in call.device.processes:
        text = process.command if "f" in options else process.name
        exact = call.name == "pidof" or "x" in options
        if process.command != " ".join(call.argv) and (text == wanted if exact else wanted in text):
            found.append(f"{process.pid} {process.command}" if "l" in options else str(process.pid))
    if found:
        await call.out((" " if call.name == "pidof" else "\n").join(found) + "\n")
    return int(not found)


@program("/usr/bin/flock")
async def flock(call: Call) -> int:
    args, nonblocking, unlock = list(call.args), False, False
    while args and args[0].startswith("-") and args[0] != "-c":
        flags = args.pop(0)
        nonblocking = nonblocking or "n" in flags
        unlock = unlock or "u" in flags
    target = args.pop(0) if args else ""
    locks = call.device.locks
    if target.isdigit():
        held = call.shell.fds.get(int(target))
        if not isinstance(held, OpenFile):
            return await call.fail(f"{target}: Bad file descriptor")
        if unlock:
            locks.unlock(held.path, held)
            return 0
        if nonblocking:
            return int(not locks.try_lock(held.path, held))
        await locks.lock(held.path, held)
        return 0
    path = call.files.create(target, call.shell.cwd, keep=True)
    holder = object()
    if nonblocking and not locks.try_lock(path, holder):
        return 1
    await locks.lock(path, holder)
    try:
        words = ["sh", "-c", " ".join(args[1:])] if args[:1] == ["-c"] else args
        return await call.shell.fork().execute(words)
    finally:
        locks.unlock(path, holder)


@program("/bin/lock")
async def lock(call: Call) -> int:
    options, paths = call.options("snuw")
    path = call.files.create(paths[0], call.shell.cwd, keep=True)
    locks = call.device.locks
    if "u" in options:
        locks.release(path)
        return 0
    if "n" in options:
        return int(not locks.try_lock(path, object()))
    await locks.lock(path, object())
    return 0


@program("/usr/bin/time")
async def time_(call: Call) -> int:
    start = call.device.clock.monotonic()
    status = await call.shell.fork().execute(call.args)
    took = call.device.clock.monotonic() - start
    minutes, seconds = divmod(took, 60)
    await call.err(f"real\t{int(minutes)}m {seconds:.2f}s\nuser\t0m 0.00s\nsys\t0m 0.00s\n")
    return status


@program("/usr/bin/nice", "/usr/bin/setsid")
async def nice(call: Call) -> int:
    args = list(call.args)
    while args and args[0].startswith("-"):
        if args.pop(0) == "-n" and args:
            args.pop(0)
    return await call.shell.fork().execute(args) if args else 0


@program("/sbin/start-stop-daemon")
async def start_stop_daemon(call: Call) -> int:
    """-S -b [-m] [-p FILE] -x PROGRAM -- ARGUMENTS: a process of its own, a child of nobody."""
    options, words = _daemon_options(list(call.args))
    if "S" not in options or "b" not in options or not options.get("x"):
        return await call.fail("only -S -b … -x PROGRAM is simulated")
    argv = [options["x"], *words]
    nothing = {0: Stream(), 1: Stream(), 2: Stream()}
    child = call.shell.fork(nothing)
    process = call.device.processes.spawn(1, " ".join(argv), child.execute(argv), argv=argv)
    if "m" in options and options.get("p"):
        call.files.write(options["p"], f"{process.pid}\n", call.shell.cwd)
    return 0


def _daemon_options(args: list[str]) -> tuple[dict[str, str], list[str]]:
    options: dict[str, str] = {}
    while args:
        flag = args.pop(0)
        if flag == "--":
            break
        letter = flag.lstrip("-")[:1]
        options[letter] = args.pop(0) if letter in "px" and args else ""
    return options, args


@program("/usr/bin/xargs")
async def xargs(call: Call) -> int:
    options, words = _xargs_options(list(call.args))
    data = (await call.stdin.read()).decode("utf-8", "surrogateescape")
    items = data.split("\0")[:-1] if "0" in options else data.split()
    command = words or ["echo"]
    if not items and "r" in options:
        return 0
    if "I" in options:
        groups = [[w.replace(options["I"], item) for w in command] for item in items]
    else:
        size = int(options.get("n", len(items) or 1))
        groups = [command + items[i : i + size] for i in range(0, len(items) or 1, size)]
    status = 0
    for group in groups:
        if await call.shell.fork().execute(group):
            status = 123
    return status


def _xargs_options(args: list[str]) -> tuple[dict[str, str], list[str]]:
    options: dict[str, str] = {}
    while args and args[0].startswith("-"):
        flag = args.pop(0)
        if flag[1] in "nI":
            options[flag[1]] = flag[2:] or (args.pop(0) if args else "")
        else:
            options.update(dict.fromkeys(flag[1:], ""))
    return options, args
