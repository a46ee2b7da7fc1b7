"""reboot, poweroff and the harmless parts of sysupgrade."""

from __future__ import annotations

from ..rom import KEPT
from ..shell.call import Call, program
from ..sysupgrade import check_image


@program("/sbin/reboot")
async def reboot(call: Call) -> int:
    call.device.reboot()
    return 0


def kept_files(call: Call) -> list[str]:
    """Return the files a sysupgrade keeps."""
    paths = [f"/etc/config/{name}" for name in call.device.uci.names()]
    paths += [f"/etc/dropbear/{name}" for name in call.files.names("/etc/dropbear")]
    paths += [f"/{name}" for name in KEPT.split()] + ["/etc/shadow"]
    if call.files.is_dir("/etc/openwisp"):
        paths += [f"/etc/openwisp/{name}" for name in call.files.names("/etc/openwisp")]
    return sorted(path for path in paths if call.files.find(path) is not None)


@program("/sbin/sysupgrade")
async def sysupgrade(call: Call) -> int:
    args = list(call.args)
    if args[:1] in (["-l"], ["--list-backup"]):
        await call.out("".join(path + "\n" for path in kept_files(call)))
        return 0
    options = set(args[:-1])
    if options & {"-T", "--test"} and options <= {"-T", "--test", "-n"}:
        verdict = check_image(call.device, args[-1], keeps="-n" not in options)
        await call.err("".join(line + "\n" for line in verdict.errors))
        return int(not verdict.good)
    return await call.fail("only -T, -l and --list-backup are simulated")
