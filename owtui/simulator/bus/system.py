"""system, rc, service, log, session-less rpc-sys: what procd, logd and rpcd offer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..shell.interpreter import Shell
from ..sysupgrade import check_image
from .core import INVALID_ARGUMENT, NOT_FOUND, Family, Request, UbusError
from .files import run_words

SYSTEM = Family()
_SYSUPGRADE, _IMAGE = "/sbin/sysupgrade", "/tmp/firmware.bin"
_REPLIES_FIRST_S = 2.0  # rpcd lets the call be answered before it flashes [rpcd sys.c]


@SYSTEM.method("system", "board")
async def board(request: Request) -> dict[str, Any]:
    return request.device.system.board()


@SYSTEM.method("system", "info")
async def info(request: Request) -> dict[str, Any]:
    return request.device.system.info()


@SYSTEM.method("system", "reboot")
@SYSTEM.method("rpc-sys", "reboot")
async def reboot(request: Request) -> None:
    request.device.reboot()


@SYSTEM.method(
    "system",
    "watchdog",
    frequency="Integer",
    timeout="Integer",
    magicclose="Boolean",
    stop="Boolean",
)
async def watchdog(request: Request) -> dict[str, Any]:
    return {"status": "running", "timeout": 30, "frequency": 5, "magicclose": False}


@SYSTEM.method("system", "validate_firmware_image", path="String")
async def validate(request: Request) -> dict[str, Any]:
    return check_image(request.device, request.text("path")).report()


@SYSTEM.method("rc", "list", name="String", skip_running_check="Boolean")
async def rc_list(request: Request) -> dict[str, Any]:
    listing = request.device.services.listing()
    name = request.optional("name")
    return {name: listing[name]} if name in listing else {} if name else listing


@SYSTEM.method("rc", "init", name="String", action="String")
async def rc_init(request: Request) -> None:
    services = request.device.services
    name, action = request.text("name"), request.text("action")
    if services.unit(name) is None:
        raise UbusError(NOT_FOUND)
    acts: dict[str, Callable[[str], None]] = {
        "start": services.start,
        "stop": services.stop,
        "restart": services.restart,
        "reload": request.device.reload,
        "enable": services.enable,
        "disable": services.disable,
    }
    if action not in acts:
        raise UbusError(INVALID_ARGUMENT)
    acts[action](name)


@SYSTEM.method("service", "list", name="String", verbose="Boolean")
async def service_list(request: Request) -> dict[str, Any]:
    instances = request.device.services.instances()
    name = request.optional("name")
    return {name: instances[name]} if name in instances else {} if name else instances


@SYSTEM.method("service", "event", type="String", data="Table")
async def service_event(request: Request) -> None:
    data = request.args.get("data")
    if request.text("type") == "config.change" and isinstance(data, dict):
        package = data.get("package")
        if isinstance(package, str):
            request.device.reload(package)


@SYSTEM.method("log", "read", lines="Integer", stream="Boolean", oneshot="Boolean")
async def log_read(request: Request) -> dict[str, Any]:
    count = request.args.get("lines", 0)
    lines = list(request.device.journal.lines)
    if isinstance(count, int) and count > 0:
        lines = lines[-count:]
    return {"log": [{"msg": line} for line in lines]}


@SYSTEM.method("log", "write", event="String")
async def log_write(request: Request) -> None:
    request.device.journal.say("ubus", request.text("event"), "user.notice")


@SYSTEM.method("rpc-sys", "packagelist", all="Boolean")
async def package_list(request: Request) -> dict[str, Any]:
    return {"packages": request.device.packages()}


@SYSTEM.method("rpc-sys", "password_set", user="String", password="String")
async def password_set(request: Request) -> None:
    if request.text("user") != "root":
        raise UbusError(NOT_FOUND)
    request.device.set_password(request.text("password"))


@SYSTEM.method("rpc-sys", "upgrade_test")
async def upgrade_test(request: Request) -> dict[str, Any]:
    return await run_words(request.device, [_SYSUPGRADE, "--test", _IMAGE])


@SYSTEM.method("rpc-sys", "upgrade_start", keep="Boolean")
async def upgrade_start(request: Request) -> None:
    """Answer at once and flash 2 s later; what sysupgrade says is heard by nobody."""
    device = request.device
    keeps = request.args.get("keep") is True
    words = [_SYSUPGRADE, _IMAGE] if keeps else [_SYSUPGRADE, "-n", _IMAGE]

    async def act() -> int:
        await device.clock.sleep(_REPLIES_FIRST_S * device.speed)
        code, _, _ = await Shell(device, {}, 1).feed(words, b"")
        return code

    device.processes.spawn(1, " ".join(words), act())


@SYSTEM.method("rpc-sys", "upgrade_clean")
async def upgrade_clean(request: Request) -> None:
    try:
        request.device.files.remove(_IMAGE)
    except OSError:
        raise UbusError(NOT_FOUND) from None
