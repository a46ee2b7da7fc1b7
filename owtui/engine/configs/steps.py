"""netjsonconfig's steps from NetJSON to UCI, mended where they break or lose sections.

What they get right keeps the names that they give it: a device and the firewall of a template may
refer to them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from netjsonconfig import OpenWrt
from netjsonconfig.backends.openwrt import converters

from owtui.engine.configs.model import Json

_VLANS = ("8021q", "8021ad")
_PREFIX = "vlan_"
_UNFIT = re.compile(r"[^A-Za-z0-9_]")


def uci_name(name: str) -> str:
    """The library's name of a section for the name of something else."""
    return name.replace(".", "_").replace("-", "_")


def section_names(interface: Json) -> list[str]:
    """The sections of network that the library makes for an interface, by name."""
    addresses = interface.get("addresses") or []
    kind, base = interface["type"], uci_name(interface.get("network") or interface["name"])
    if kind == "wireless" and not addresses:
        return []
    dynamic = sum(address.get("proto") == "dhcp" for address in addresses)
    count = 1 if kind == "wireguard" else max(1, dynamic + (dynamic < len(addresses)))
    first = base
    if kind in _VLANS and not interface.get("network"):
        first = _vlan(interface)
    return [first, *(f"{base}_{number}" for number in range(2, count + 1))]


def _vlan(interface: Json) -> str:
    return f"{_PREFIX}{uci_name(interface['name'])}_{interface['vid']}"


class _VlanName(str):
    """The name of a VLAN's section, of which the library strips *characters* for its device's.

    So `lan` and `vlan` would have one device section, and one of them would be lost.
    """

    __slots__ = ("taken",)
    taken: set[str]

    def lstrip(self, characters: str | None = None, /) -> str:
        short = super().lstrip(characters)
        if short in self.taken:
            short = self.removeprefix(_PREFIX)
        self.taken.add(short)
        return short


class _Interfaces(converters.Interfaces):  # type: ignore[misc]  # the library has no types
    def to_intermediate(self) -> Any:
        interfaces = self.netjson["interfaces"]
        self._claimed = Counter(name for one in interfaces for name in section_names(one))
        self._taken: set[str] = set()
        return super().to_intermediate()

    def to_intermediate_loop(self, block: Any, result: Any, index: int | None = None) -> Any:
        if block["type"] == "wireguard":
            block.setdefault("addresses", [])
        if not self.dsa:  # those releases know no bridge-vlan
            block.pop("vlan_filtering", None)
        # Further sections of a VLAN are named after the interface below it: eth0_2.
        shared = any(self._claimed[name] > 1 for name in section_names(block)[1:])
        if shared and block["type"] in _VLANS and not block.get("network"):
            block["network"] = _vlan(block)
        return super().to_intermediate_loop(block, result, index)

    def _intermediate_8021_vlan(self, interface: Any) -> Any:
        made = super()._intermediate_8021_vlan(interface)
        name = _VlanName(uci_name(made[".name"]))
        name.taken = self._taken
        made[".name"] = name
        return made


class _Led(converters.Led):  # type: ignore[misc]
    """LEDs are named as the kernel names them, tp-link:green:usb; a section cannot be."""

    def to_intermediate_loop(self, block: Any, result: Any, index: int | None = None) -> Any:
        made = super().to_intermediate_loop(block, result, index)
        *others, last = made["system"]
        if _UNFIT.search(last[".name"]):
            name = _UNFIT.sub("_", last[".name"])
            while any(name == one[".name"] for one in others):
                name += "_"
            last[".name"] = name
        return made


_MENDED: Mapping[Any, Any] = {converters.Interfaces: _Interfaces, converters.Led: _Led}
STEPS: tuple[Any, ...] = tuple(_MENDED.get(step, step) for step in OpenWrt.converters)
