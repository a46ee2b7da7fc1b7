"""network.*, hostapd.* and iwinfo."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..wireless import Ap
from .core import INVALID_ARGUMENT, NOT_FOUND, Family, Method, Object, Request, UbusError

NETWORK = Family()


@NETWORK.method("network", "restart")
@NETWORK.method("network", "reload")
async def reload(request: Request) -> None:
    request.device.reload("network")


@NETWORK.method("network", "get_proto_handlers")
async def protocols(request: Request) -> dict[str, Any]:
    return {name: {"validate": {}} for name in ("static", "dhcp", "dhcpv6", "none")}


@NETWORK.method("network.device", "status", name="String")
async def device_status(request: Request) -> dict[str, Any]:
    status = request.device.network.device_status()
    name = request.optional("name")
    if not name:
        return status
    if name not in status:
        raise UbusError(NOT_FOUND)
    found: dict[str, Any] = status[name]
    return found


@NETWORK.method("network.interface", "dump")
async def dump(request: Request) -> dict[str, Any]:
    return request.device.network.dump()


@NETWORK.method("network.wireless", "status")
async def wireless_status(request: Request) -> dict[str, Any]:
    return request.device.wireless.status()


@NETWORK.method("network.wireless", "up")
@NETWORK.method("network.wireless", "down")
@NETWORK.method("network.wireless", "reconf")
async def wireless_reload(request: Request) -> None:
    request.device.reload("wireless")


def _ap(request: Request) -> Ap:
    ap = request.device.wireless.ap(request.text("device"))
    if ap is None:
        raise UbusError(INVALID_ARGUMENT)
    return ap


@NETWORK.method("iwinfo", "devices")
async def iwinfo_devices(request: Request) -> dict[str, Any]:
    return {"devices": [ap.ifname for ap in request.device.wireless.aps()]}


@NETWORK.method("iwinfo", "info", device="String")
async def iwinfo_info(request: Request) -> dict[str, Any]:
    return request.device.wireless.info(_ap(request))


@NETWORK.method("iwinfo", "assoclist", device="String")
async def iwinfo_assoclist(request: Request) -> dict[str, Any]:
    return request.device.wireless.assoclist(_ap(request))


@lru_cache(maxsize=64)
def interface_object(name: str) -> Object:
    """Return the object network.interface.NAME."""

    async def status(request: Request) -> dict[str, Any]:
        sections = request.device.network.interfaces()
        section = next((s for s in sections if s.name == name), None)
        if section is None:
            raise UbusError(NOT_FOUND)
        return request.device.network.status(section, named=False)

    async def up(request: Request) -> None:
        request.device.network.set_up(name, True)

    async def down(request: Request) -> None:
        request.device.network.set_up(name, False)

    return {"up": Method({}, up), "down": Method({}, down), "status": Method({}, status)}


@lru_cache(maxsize=64)
def hostapd_object(ifname: str) -> Object:
    """Return the object hostapd.IFNAME."""

    def ap(request: Request) -> Ap:
        found = request.device.wireless.ap(ifname)
        if found is None:
            raise UbusError(NOT_FOUND)
        return found

    async def get_clients(request: Request) -> dict[str, Any]:
        return request.device.wireless.get_clients(ap(request))

    async def get_status(request: Request) -> dict[str, Any]:
        found = ap(request)
        return {"status": "ENABLED", "bssid": found.mac, "freq": found.frequency}

    async def del_client(request: Request) -> None:
        request.device.wireless.drop(request.text("addr").lower())

    removal = {"addr": "String", "reason": "Integer", "deauth": "Boolean", "ban_time": "Integer"}
    return {
        "get_clients": Method({}, get_clients),
        "get_status": Method({}, get_status),
        "del_client": Method(removal, del_client),
    }
