"""df, du and mount."""

from __future__ import annotations

from ..shell.call import Call, program


def _human(kib: int) -> str:
    if kib < 1024:
        return f"{kib:.1f}K" if kib < 10 else f"{kib}.0K"
    return f"{kib / 1024:.1f}M" if kib < 1 << 20 else f"{kib / (1 << 20):.1f}G"


@program("/bin/df")
async def df(call: Call) -> int:
    options, paths = call.options("khPmaT")
    rows = call.device.system.disks()
    status = 0
    if paths:
        wanted = []
        for path in paths:
            if call.files.find(path, call.shell.cwd) is None:
                status = await call.fail(f"{path}: can't find mount point")
                continue
            where = call.files.resolve(path, call.shell.cwd)
            under = [r for r in rows if where == r[4] or where.startswith(r[4].rstrip("/") + "/")]
            wanted.append(max(under, key=lambda row: len(row[4])))
        rows = wanted
    if "h" in options:
        head = "Filesystem                Size      Used Available Use% Mounted on\n"
    elif "P" in options:
        head = "Filesystem           1024-blocks    Used Available Capacity Mounted on\n"
    else:
        head = "Filesystem           1K-blocks      Used Available Use% Mounted on\n"
    shown = _human if "h" in options else str
    lines = [head]
    for name, size, used, free, where in rows:
        percent = -(-used * 100 // (used + free)) if used + free else 0
        lines.append(
            f"{name:<20} {shown(size):>9} {shown(used):>9} {shown(free):>9} {percent:3d}% {where}\n"
        )
    await call.out("".join(lines))
    return status


@program("/usr/bin/du")
async def du(call: Call) -> int:
    options, paths = call.options("skhma", "d")
    for path in paths or ["."]:
        where = call.files.resolve(path, call.shell.cwd)
        total = sum(-(-len(node.data) // 4096) * 4 for _, node in call.files.walk(where))
        await call.out(f"{_human(total) if 'h' in options else total}\t{path}\n")
    return 0


@program("/bin/mount")
async def mount(call: Call) -> int:
    if call.args:
        return await call.fail("mounting is not simulated")
    for line in call.device.system.proc_mounts().splitlines():
        source, where, kind, options, *_ = line.split()
        await call.out(f"{source} on {where} type {kind} ({options})\n")
    return 0
