"""Command lines whose answers every device must give, and the captures that show them."""

from __future__ import annotations

from dataclasses import dataclass

from tests.contract import shapes
from tests.contract.shapes import Check, json_of, lines_like


@dataclass(frozen=True, slots=True)
class Case:
    """A command line that only reads, the check of its output and the file where it was seen."""

    command: str
    check: Check
    capture: str = ""

    def __str__(self) -> str:
        return self.command


READING = (
    Case("ubus call system board", json_of(shapes.BOARD), "ubus-system-board.json"),
    Case("ubus call system info", json_of(shapes.INFO), "ubus-system-info.json"),
    Case(
        "ubus call network.interface dump",
        json_of({"interface": [shapes.INTERFACE]}),
        "network-interface-dump.json",
    ),
    Case(
        "ubus call network.device status",
        json_of({"lo": shapes.DEVICE, "*": shapes.DEVICE}),
        "network-device-status.json",
    ),
    # netifd prints some keys of a radio twice, so this one is compared as a value only.
    Case(
        "ubus call network.wireless status",
        json_of({"*": shapes.RADIO}, indented=False),
        "network-wireless-status.json",
    ),
    Case("ubus call service list", json_of({"*": {}}), "ubus-service-list.json"),
    Case("ubus call rc list", json_of({"*": {"enabled": bool}}), "ubus-rc-list.json"),
    Case("ubus call uci configs", json_of({"configs": [str]}), "ubus-uci-configs.json"),
    Case(
        "ubus -v list",
        lines_like(
            r"'[\w.-]+' @[0-9a-f]{8}",
            r'\t"[\w-]+":\{.*\}',
            needs=("'system' @.*", r'\t"board":\{\}', r'\t"info":\{\}'),
        ),
        "ubus-list-v.txt",
    ),
    Case(
        "uci show",
        lines_like(
            *shapes.UCI_SHOW,
            needs=(r"system\.@system\[0\]\.hostname='.*'", r"network\.lan=interface"),
        ),
        "uci-show.txt",
    ),
    *(
        Case(
            f"uci export {package}",
            lines_like(*shapes.UCI_EXPORT, needs=(f"package {package}",)),
            f"uci-export-{package}.txt",
        )
        for package in ("system", "network", "wireless", "dhcp", "dropbear", "firewall")
    ),
    Case("cat /etc/board.json", json_of(shapes.BOARD_JSON, indented=False), "board.json"),
    Case(
        "cat /etc/openwrt_release",
        lines_like(r"DISTRIB_[A-Z]+='.*'", needs=("DISTRIB_ID='OpenWrt'", "DISTRIB_RELEASE='.*'")),
    ),
    Case("cat /proc/uptime", lines_like(r"\d+\.\d\d \d+\.\d\d")),
    Case("cat /proc/loadavg", lines_like(r"(?:\d+\.\d\d ){3}\d+/\d+ \d+")),
    Case("cat /proc/sys/kernel/random/boot_id", lines_like(shapes.UUID)),
    Case("df -P", lines_like(*shapes.DF, needs=(".* /overlay", ".* /tmp"))),
    Case("ubus call network.interface.lan status", json_of(shapes.STATUS)),
    Case("ubus call system board | jsonfilter -e @.release.version", lines_like(r"\d+\.\d+\.\d+")),
    Case("jsonfilter -i /etc/board.json -e '@.model.id'", lines_like(r"[\w,.-]+")),
    Case(
        "env",
        lines_like(
            r"\w+=.*",
            needs=(
                "USER=root",
                "LOGNAME=root",
                "HOME=/root",
                "PWD=/root",
                "SHELL=/bin/ash",
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                r"SSH_CONNECTION=[\d.]+ \d+ [\d.]+ \d+",
            ),
        ),
    ),
    Case("date +%s", lines_like(r"\d{10}")),
    Case("cat /tmp/sysinfo/board_name", lines_like(r"[\w,.-]+")),
)
