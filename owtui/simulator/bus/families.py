"""Which objects a device has: fixed ones, and one for each interface and wireless network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .core import Method, Object
from .files import FILES
from .network import NETWORK, hostapd_object, interface_object
from .system import SYSTEM
from .uci import UCI

if TYPE_CHECKING:
    from ..device import Device

_FIXED: dict[str, dict[str, Method]] = {
    name: methods
    for family in (FILES, NETWORK, SYSTEM, UCI)
    for name, methods in family.methods.items()
}
_OF_RPCD = ("file", "iwinfo", "rc", "rpc-sys", "session", "uci")


def find(device: Device, name: str) -> Object | None:
    """Return the object of a name without making the others."""
    if name in _FIXED and name not in (*_OF_RPCD, "iwinfo"):
        return _FIXED[name]
    return objects(device).get(name)


def objects(device: Device) -> dict[str, Object]:
    """Return a device's objects by name."""
    found: dict[str, Object] = dict(_FIXED)
    for section in device.network.interfaces():
        found[f"network.interface.{section.name}"] = interface_object(section.name)
    for ap in device.wireless.aps():
        found[f"hostapd.{ap.ifname}"] = hostapd_object(ap.ifname)
    if not device.services.is_running("rpcd"):
        for name in _OF_RPCD:
            found.pop(name, None)
    if not device.model.radios:
        found.pop("iwinfo", None)
    return found
