"""The hardware and the releases a simulated fleet is made of.

Only what a program can see of a board is kept; a device is one board running one release that
exists for it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Radio:
    """One Wi-Fi radio: `band` is 2g or 5g, `ids` are its PCI ids as iwinfo tells them."""

    band: str
    chip: str
    path: str
    modes: tuple[str, ...] = ("n",)
    ids: tuple[int, int] = (5315, 30211)


@dataclass(frozen=True, slots=True)
class Release:
    """One OpenWrt release; `builddate` is told in Unix seconds from 24.10 on."""

    version: str
    revision: str
    kernel: str
    builddate: str = ""

    @property
    def series(self) -> tuple[int, int]:
        """The branch, comparable: (24, 10)."""
        year, month, *_ = self.version.split(".")
        return int(year), int(month)


@dataclass(frozen=True, slots=True)
class Model:
    """One board. Memory in KiB as Linux tells it, overlay in KiB, ports in board order."""

    key: str
    name: str
    board: str
    target: str
    arch: str
    system: str
    memory_kib: int
    overlay_kib: int
    radios: tuple[Radio, ...] = ()
    lan_ports: tuple[str, ...] = ("lan1", "lan2", "lan3", "lan4")
    wan_port: str = "wan"
    swconfig: bool = False
    cpus: int = 1
    rsa_host_key_only: bool = False
    oldest: tuple[int, int] = (19, 7)
    extras: tuple[str, ...] = ()  # packages that its owners install


RELEASES = {
    release.version: release
    for release in (
        Release("19.07.10", "r11427-9ce6aa9d8d", "4.14.275"),
        Release("21.02.7", "r16847-f8282da11e", "5.4.238"),
        Release("22.03.7", "r20341-591b7e93d3", "5.10.221"),
        Release("23.05.5", "r24106-10cc5fcd00", "5.15.167"),
        Release("24.10.0", "r28427-6df0e3d02a", "6.6.73", "1738624177"),
        Release("24.10.6", "r29141-81be8a8869", "6.6.127", "1786311194"),
    )
}

_PCIE = "1e140000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0"
_PCIE2 = "1e140000.pcie/pci0000:00/0000:00:01.0/0000:02:00.0"
_AC = ("n", "ac")
_AX = ("n", "ac", "ax")
_MT7603 = Radio("2g", "MediaTek MT7603E", _PCIE)
_MT7615 = Radio("5g", "MediaTek MT7613BE", _PCIE2, _AC, (5315, 30307))
_QCA2 = Radio("2g", "Atheros AR9344", "platform/ahb/18100000.wmac", ids=(0, 0))
_QCA9563 = Radio("2g", "Qualcomm Atheros QCA9563", "platform/ahb/18100000.wmac", ids=(0, 0))

MODELS = {
    model.key: model
    for model in (
        Model(
            "archer-c6-v3",
            "TP-Link Archer C6 v3",
            "tplink,archer-c6-v3",
            "ramips/mt7621",
            "mipsel_24kc",
            "MediaTek MT7621 ver:1 eco:3",
            124928,
            12288,
            (_MT7603, _MT7615),
            cpus=4,
            oldest=(21, 2),
        ),
        Model(
            "gl-mt1300",
            "GL.iNet GL-MT1300",
            "glinet,gl-mt1300",
            "ramips/mt7621",
            "mipsel_24kc",
            "MediaTek MT7621 ver:1 eco:3",
            250880,
            20480,
            (
                Radio("2g", "MediaTek MT7615E", _PCIE, ids=(5315, 30229)),
                Radio("5g", "MediaTek MT7615E", _PCIE + "+1", _AC, (5315, 30229)),
            ),
            ("lan1", "lan2"),
            cpus=4,
            oldest=(21, 2),
        ),
        Model(
            "eap615-wall-v1",
            "TP-Link EAP615-Wall v1",
            "tplink,eap615-wall-v1",
            "ramips/mt7621",
            "mipsel_24kc",
            "MediaTek MT7621 ver:1 eco:3",
            124928,
            9216,
            (
                Radio("2g", "MediaTek MT7915E", _PCIE2, ("n", "ax"), (5315, 31018)),
                Radio("5g", "MediaTek MT7915E", _PCIE2 + "+1", _AX, (5315, 31018)),
            ),
            ("lan0", "lan1", "lan2", "lan3"),
            wan_port="",
            cpus=4,
            oldest=(22, 3),
        ),
        Model(
            "wax206",
            "Netgear WAX206",
            "netgear,wax206",
            "mediatek/mt7622",
            "aarch64_cortex-a53",
            "MediaTek MT7622",
            501760,
            32768,
            (
                Radio("2g", "MediaTek MT7622", "platform/18000000.wmac", ids=(0, 0)),
                Radio(
                    "5g",
                    "MediaTek MT7915E",
                    "1a143000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0",
                    _AX,
                    (5315, 31018),
                ),
            ),
            cpus=2,
            oldest=(22, 3),
        ),
        Model(
            "tl-wdr4300",
            "TP-Link TL-WDR4300 v1",
            "tplink,tl-wdr4300-v1",
            "ath79/generic",
            "mips_24kc",
            "Atheros AR9344 rev 2",
            124112,
            1792,
            (_QCA2, Radio("5g", "Atheros AR9580", "pci0000:00/0000:00:00.0", ids=(5772, 51))),
            ("eth0.1",),
            "eth0.2",
            swconfig=True,
        ),
        Model(
            "apu2",
            "PC Engines apu2",
            "pc-engines-apu2",
            "x86/64",
            "x86_64",
            "AMD GX-412TC SOC",
            4028416,
            98304,
            lan_ports=("eth1", "eth2"),
            wan_port="eth0",
            cpus=4,
            extras=("ip-full", "modemmanager"),
        ),
        Model(
            "unifi-ac-lite",
            "Ubiquiti UniFi AC Lite",
            "ubnt,unifiac-lite",
            "ath79/generic",
            "mips_24kc",
            "Qualcomm Atheros QCA956X ver 1 rev 0",
            124112,
            6656,
            (
                _QCA9563,
                Radio("5g", "Qualcomm Atheros QCA9880", "pci0000:00/0000:00:00.0", _AC, (5772, 60)),
            ),
            ("eth0",),
            wan_port="",
        ),
        Model(
            "gl-ar300m16",
            "GL.iNet GL-AR300M16",
            "glinet,gl-ar300m16",
            "ath79/generic",
            "mips_24kc",
            "Qualcomm Atheros QCA9533 ver 2 rev 0",
            124112,
            4096,
            (Radio("2g", "Qualcomm Atheros QCA9531", "platform/ahb/18100000.wmac", ids=(0, 0)),),
            ("eth0",),
            "eth1",
            rsa_host_key_only=True,
        ),
        Model(
            "e8450",
            "Linksys E8450 (UBI)",
            "linksys,e8450-ubi",
            "mediatek/mt7622",
            "aarch64_cortex-a53",
            "MediaTek MT7622",
            501760,
            81920,
            (
                Radio("2g", "MediaTek MT7622", "platform/18000000.wmac", ids=(0, 0)),
                Radio(
                    "5g",
                    "MediaTek MT7915E",
                    "1a143000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0",
                    _AX,
                    (5315, 31018),
                ),
            ),
            cpus=2,
            oldest=(22, 3),
        ),
    )
}


def releases_for(model: Model) -> tuple[Release, ...]:
    """Return the releases that exist for a board, oldest first."""
    return tuple(r for r in RELEASES.values() if r.series >= model.oldest)
