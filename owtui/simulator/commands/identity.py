"""Who and when: uname, date, id, uptime, free, opkg, passwd."""

from __future__ import annotations

import re
import time

from ..shell.call import Call, program


@program("/bin/uname")
async def uname(call: Call) -> int:
    options, _ = call.options("asnrmvpio")
    device = call.device
    arch = device.model.arch.partition("_")[0].replace("mipsel", "mips")
    facts = {
        "s": "Linux",
        "n": device.hostname,
        "r": device.release.kernel,
        "v": "#0 SMP Mon Nov  3 10:12:13 2025",
        "m": device.model.arch if arch == "x86" else arch,
        "o": "GNU/Linux",
    }
    wanted = facts if "a" in options else [k for k in facts if k in options] or ["s"]
    await call.out(" ".join(facts[key] for key in wanted) + "\n")
    return 0


@program("/bin/date")
async def date(call: Call) -> int:
    options, operands = call.options("uR", "sdDrI")
    now = call.device.now()
    if "s" in options:
        return await _set_clock(call, options["s"])
    if "r" in options:
        node = call.files.find(options["r"], call.shell.cwd)
        if node is None:
            return await call.fail(f"can't stat '{options['r']}': No such file or directory")
        now = node.mtime
    if options.get("d", "").startswith("@"):
        now = float(options["d"][1:])
    moment = time.gmtime(now)
    form = (
        operands[0][1:] if operands and operands[0].startswith("+") else "%a %b %e %H:%M:%S UTC %Y"
    )
    if "R" in options:
        form = "%a, %d %b %Y %H:%M:%S +0000"
    form = form.replace("%s", str(int(now))).replace("%N", f"{int(now % 1 * 1e9):09d}")
    form = form.replace("%z", "+0000").replace("%Z", "UTC")
    await call.out(time.strftime(form, moment) + "\n")
    return 0


async def _set_clock(call: Call, text: str) -> int:
    if text.startswith("@"):
        wanted = float(text[1:])
    else:
        try:
            wanted = time.mktime(time.strptime(text, "%Y-%m-%d %H:%M:%S")) - time.timezone
        except ValueError:
            return await call.fail(f"invalid date '{text}'")
    call.device.clock_error += wanted - call.device.now()
    return 0


@program("/usr/bin/id")
async def identity(call: Call) -> int:
    options, _ = call.options("ugnr")
    if options.keys() & {"u", "g"}:
        await call.out("root\n" if "n" in options else "0\n")
    else:
        await call.out("uid=0(root) gid=0(root)\n")
    return 0


@program("/usr/bin/whoami")
async def whoami(call: Call) -> int:
    await call.out("root\n")
    return 0


@program("/usr/bin/uptime")
async def uptime(call: Call) -> int:
    await call.out(call.device.system.uptime_line())
    return 0


@program("/usr/bin/free")
async def free(call: Call) -> int:
    await call.out(call.device.system.free_table())
    return 0


@program("/bin/opkg")
async def opkg(call: Call) -> int:
    if call.args[:1] not in (["list-installed"], ["status"]):
        return await call.fail("only list-installed is simulated: nothing can be downloaded", 255)
    packages = call.device.packages()
    wanted = {n: v for n, v in packages.items() if not call.args[1:] or n in call.args[1:]}
    await call.out("".join(f"{name} - {version}\n" for name, version in wanted.items()))
    return 0


@program("/bin/passwd")
async def passwd(call: Call) -> int:
    user = next((arg for arg in call.args if not arg.startswith("-")), "root")
    if user != "root":
        return await call.fail(f"unknown user {user}")
    await call.out("Changing password for root\n")
    given: list[str] = []
    for prompt in ("New password: ", "Retype password: "):
        await call.out(prompt)
        line = await call.stdin.readline()
        if not line:
            await call.out("\n")
            return await call.fail("password for root is unchanged")
        given.append(line.decode("utf-8", "surrogateescape").rstrip("\n"))
        await call.out("\n")
        if len(given) == 1 and weak(given[0]):
            await call.out(f"Bad password: {weak(given[0])}\n")
    if given[0] != given[1]:
        await call.out("Passwords don't match\n")
        return await call.fail("password for root is unchanged")
    call.device.set_password(given[0])
    call.device.journal.say("passwd", "password for root changed by root", "auth.info")
    await call.out("passwd: password for root changed by root\n")
    return 0


def weak(password: str) -> str:
    """Return why busybox calls a password bad, or nothing; root may set it all the same."""
    if len(password) < 6:
        return "too short"
    kinds = [r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]"]
    variety = sum(re.search(kind, password) is not None for kind in kinds)
    return "too weak" if variety < 2 and len(password) < 10 else ""
