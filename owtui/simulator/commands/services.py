"""Init scripts, reload_config, wifi, ifup and the system log."""

from __future__ import annotations

import re

from ..shell.call import Call, program

_USAGE = """\
Syntax: {path} [command]

Available commands:
	start           Start the service
	stop            Stop the service
	restart         Restart the service
	reload          Reload configuration files (or restart if service does not implement reload)
	enable          Enable service autostart
	disable         Disable service autostart
	enabled         Check if service is started on boot
	running         Check if service is running
	status          Service status
"""


@program("rc.common")
async def init_script(call: Call) -> int:
    return await act(call, call.name, (call.args or [""])[0])


@program("/sbin/service")
async def service(call: Call) -> int:
    if not call.args:
        names = (u.name for u in call.device.services.units())
        await call.out("".join(f"/etc/init.d/{name}\n" for name in sorted(names)))
        return 0
    name = call.args[0]
    if call.device.services.unit(name) is None:
        await call.err(f'Service "{name}" not found:\n')
        return 1
    return await act(call, name, (call.args[1:] or [""])[0])


async def act(call: Call, name: str, verb: str) -> int:
    """Do what an init script does when called with a verb."""
    services = call.device.services
    if services.unit(name) is None:
        return 1
    if call.device.serve(name, verb):
        return 0
    if verb == "enabled":
        return int(not services.is_enabled(name))
    if verb == "running":
        return int(not services.is_running(name))
    if verb == "status":
        running = services.is_running(name)
        await call.out("running\n" if running else "inactive\n")
        return 0 if running else 3
    await call.out(_USAGE.format(path=f"/etc/init.d/{name}"))
    return 0 if verb in ("", "help") else 1


@program("/sbin/reload_config")
async def reload_config(call: Call) -> int:
    call.device.reload_soon()
    return 0


@program("/sbin/wifi")
async def wifi(call: Call) -> int:
    if (call.args or ["up"])[0] == "status":
        return await call.shell.execute(["ubus", "call", "network.wireless", "status"])
    if call.device.model.radios:
        call.device.reload("wireless")
    return 0


@program("/sbin/ifup", "/sbin/ifdown")
async def if_up_down(call: Call) -> int:
    name = (call.args or [""])[-1]
    if name not in (s.name for s in call.device.network.interfaces()):
        await call.err(f"Interface {name} not found\n")
        return 1
    call.device.network.set_up(name, call.name == "ifup")
    return 0


@program("/sbin/ifstatus")
async def ifstatus(call: Call) -> int:
    name = (call.args or [""])[0]
    if name not in (s.name for s in call.device.network.interfaces()):
        await call.err(f"Interface {name} not found\n")
        return 1
    return await call.shell.execute(["ubus", "call", f"network.interface.{name}", "status"])


@program("/usr/bin/logger")
async def logger(call: Call) -> int:
    options, words = call.options("s", "pt")
    texts = [" ".join(words)] if words else (await call.stdin.read()).decode().splitlines()
    for text in texts:
        call.device.journal.say(options.get("t", "root"), text, options.get("p", "user.notice"))
    return 0


@program("/sbin/logread")
async def logread(call: Call) -> int:
    options, _ = call.options("fZt", "lepr")
    journal = call.device.journal
    pattern = options.get("e", "")
    seen = journal.count
    lines = [line for line in journal.lines if re.search(pattern, line)]
    count = int(options["l"]) if options.get("l", "").isdigit() else 0
    if count or "f" in options:  # -f alone begins with the next line
        lines = lines[len(lines) - min(count, len(lines)) :]
    await call.out("".join(line + "\n" for line in lines))
    while "f" in options:
        fresh = await journal.next_lines(seen)
        seen = journal.count
        await call.out("".join(line + "\n" for line in fresh if re.search(pattern, line)))
    return 0


@program("/bin/dmesg")
async def dmesg(call: Call) -> int:
    await call.out("".join(line + "\n" for line in call.device.journal.ring))
    return 0
