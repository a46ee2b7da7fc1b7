"""/etc/config/wireless: what each wireless interface needs of the other end."""

from __future__ import annotations

from dataclasses import dataclass, field

from owtui.engine.configs.cutoff.scene import flag, label
from owtui.engine.openwrt.uci import Package, Section

# Channels on which a radio listens for radar before it sends: 52–64 and 100–144.
_DFS = frozenset([*range(52, 65), *range(100, 145)])
_AKM = {
    "none": frozenset(("open",)),
    "owe": frozenset(("owe",)),
    "sae": frozenset(("sae",)),
    "sae-mixed": frozenset(("psk2", "sae")),
    "psk2": frozenset(("psk2",)),
    "psk": frozenset(("psk",)),
    "psk-mixed": frozenset(("psk", "psk2")),
    "mixed-psk": frozenset(("psk", "psk2")),
    "wpa": frozenset(("eap1",)),
    "wpa2": frozenset(("eap2",)),
    "wpa3": frozenset(("eap3",)),
    "wpa3-mixed": frozenset(("eap2", "eap3")),
    "wpa-mixed": frozenset(("eap1", "eap2")),
}


@dataclass(frozen=True, slots=True)
class Air:
    """A wifi-iface with its radio. `off` is the place ("section.option") that keeps it silent."""

    name: str
    radio: str
    mode: str  # ap sta mesh adhoc monitor
    networks: tuple[str, ...]
    ifname: str
    section: Section = field(repr=False)
    device: Section | None = field(repr=False)

    @property
    def off(self) -> str:
        """The place that keeps it silent; "" while it sends."""
        if self.device is None:
            return f"{self.name}.device"
        if flag(self.device, "disabled", False):
            return f"{self.radio}.disabled"
        return f"{self.name}.disabled" if flag(self.section, "disabled", False) else ""

    @property
    def who(self) -> str:
        """The network it joins or offers."""
        if self.mode == "mesh":
            return self.section.get("mesh_id")
        return self.section.get("ssid")

    @property
    def akm(self) -> frozenset[str]:
        """The ways of authentication that it takes; an unknown one stands for itself."""
        kind = self.section.get("encryption", "none").partition("+")[0]
        return _AKM.get(kind, frozenset((kind,)))

    @property
    def band(self) -> str:
        """2g, 5g, 6g, 60g, or "" where nothing tells."""
        if self.device is None:
            return ""
        known = self.device.get("band")
        if known:
            return known
        hwmode = self.device.get("hwmode")
        if hwmode:
            return {"a": "5g", "d": "60g"}.get(hwmode.removeprefix("11")[:1], "2g")
        channel = self.channel
        return ("2g" if int(channel) <= 14 else "5g") if channel.isdigit() else ""

    @property
    def channel(self) -> str:
        """A number, or auto."""
        channel = self.device.get("channel", "auto") if self.device is not None else "auto"
        return "auto" if channel in ("", "0") else channel

    @property
    def dfs(self) -> bool:
        """True on a channel where the radio first listens for a minute."""
        return self.band == "5g" and self.channel.isdigit() and int(self.channel) in _DFS


def airs_of(package: Package) -> tuple[Air, ...]:
    """Read the wireless interfaces of the package."""
    radios = {label(s): s for s in package.typed("wifi-device")}
    return tuple(
        Air(
            label(section),
            section.get("device"),
            section.get("mode", "ap"),
            tuple(section.words("network")),
            section.get("ifname"),
            section,
            radios.get(section.get("device")),
        )
        for section in package.typed("wifi-iface")
    )
