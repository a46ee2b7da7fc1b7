"""reboot, poweroff and sysupgrade: its image check, its archive and the flash itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..reflash import Reflash, archive, kept_files, release_of
from ..shell.call import Call, program
from ..sysupgrade import check_image

_SAVING_S = 0.3  # until then the session carries the upgrade
_CONNECTION_FAILED = 246


@program("/sbin/reboot")
async def reboot(call: Call) -> int:
    call.device.reboot()
    return 0


@dataclass(slots=True)
class _Line:
    """A sysupgrade command line: single letters, the operand of -b, the image."""

    flags: set[str] = field(default_factory=set)
    archive: str = ""
    image: str = ""


_LONG = {"--test": "T", "--list-backup": "l", "--create-backup": "b", "--force": "F"}


def _read(args: list[str]) -> _Line:
    line = _Line()
    while args:
        arg = args.pop(0)
        letter = _LONG.get(arg, arg[1:] if arg.startswith("-") else "")
        if letter == "b":
            line.archive = args.pop(0) if args else ""
        elif not letter:
            line.image = arg
        line.flags.add(letter)
    return line


@program("/sbin/sysupgrade")
async def sysupgrade(call: Call) -> int:
    line = _read(list(call.args))
    unknown = line.flags - set("Tlbncoupkvq") - {"F", ""}
    if unknown or not (line.flags & {"l", "b"} or line.image):
        await call.err("Usage: /sbin/sysupgrade [<upgrade-option>...] <image file or URL>\n")
        return 1
    if "l" in line.flags:
        await call.out("".join(path + "\n" for path in kept_files(call.device)))
        return 0
    if "b" in line.flags:
        data = archive(call.device)
        if line.archive == "-":
            await call.out(data)
        else:
            call.files.write(line.archive, data, call.shell.cwd)
        return 0
    path = call.files.resolve(line.image, call.shell.cwd)
    verdict = check_image(call.device, path, keeps="n" not in line.flags)
    if not (verdict.good or (verdict.forceable and "F" in line.flags)):
        await call.err("".join(error + "\n" for error in verdict.errors))
        return 1
    return 0 if "T" in line.flags else await _flash(call, line, path)


async def _flash(call: Call, line: _Line, path: str) -> int:
    """Save, commence, and be gone; the host writes the image and boots it."""
    device = call.device
    release = release_of(check_image(device, path).metadata, device.release)
    keeps = "n" not in line.flags
    if keeps:
        await call.out("Saving config files...\n")
    await device.clock.sleep(_SAVING_S * device.speed)
    await call.out("Commencing upgrade. Closing all shell sessions.\n")
    device.on_upgrade(Reflash(release, keeps))
    await call.err(
        f'Command failed: ubus call system sysupgrade {{ "prefix": "/tmp/root", "path": "{path}" }}'
        " (Connection failed)\n"
    )
    return _CONNECTION_FAILED
