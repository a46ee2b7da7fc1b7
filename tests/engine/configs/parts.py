"""What the shapes of the corpus are put together from."""

from __future__ import annotations

import random
from typing import Any

from owtui.engine.configs.cutoff import Way
from owtui.engine.configs.model import SeenFrom
from owtui.engine.openwrt.facts import Facts, Interface
from tests.engine.configs.boxes import HASH, KEY, OTHER_KEY, Box, Sec

SHADOW = f"root:{HASH}:19000:0:99999:7:::\ndaemon:*:0:0:99999:7:::\nftp:*:0:0:99999:7:::\n"
PASSWD = (
    "root:x:0:0:root:/root:/bin/ash\ndaemon:*:1:1:daemon:/var:/bin/false\n"
    "ftp:*:55:55:ftp:/home/ftp:/bin/false\n"
)


def blank(rng: random.Random) -> Box:
    conf: dict[str, list[Sec]] = {}
    box = Box(conf, Facts(), Way(""), set())
    box.add("network", "interface", "loopback", device="lo", proto="static", ipaddr="127.0.0.1/8")
    box.add("network", "globals", "globals", ula_prefix="fd05:b374:ab87::/48")
    named = rng.random() < 0.5
    dropbear = {"PasswordAuth": "on", "RootPasswordAuth": "on"} if rng.random() < 0.7 else {}
    box.add("dropbear", "dropbear", "main" if named else None, **dropbear, **maybe(rng, Port="22"))
    box.add("system", "system", "system" if named else None, hostname="ap-01", timezone="UTC")
    box.add("system", "timeserver", "ntp", enabled="1", server=["0.openwrt.pool.ntp.org"])
    box.add("rpcd", "rpcd", None, socket="/var/run/ubus/ubus.sock", timeout="30")
    login = {"username": "root", "password": "$p$root", "read": ["*"], "write": ["*"]}
    box.add("rpcd", "login", None, **login)
    listen = {"listen_http": ["0.0.0.0:80", "[::]:80"], "listen_https": ["0.0.0.0:443"]}
    box.add("uhttpd", "uhttpd", "main", **listen, ubus_prefix="/ubus", redirect_https="0")
    box.add("dhcp", "dnsmasq", None, domainneeded="1", local="/lan/")
    box.files = {
        "/etc/passwd": PASSWD.encode(),
        "/etc/shadow": SHADOW.encode(),
        "/etc/dropbear/authorized_keys": f"{OTHER_KEY} eva\n{KEY} console\n".encode(),
        "/etc/rc.local": b"# nothing yet\nexit 0\n",
    }
    return box


def maybe(rng: random.Random, **opts: str) -> dict[str, str]:
    return opts if rng.random() < 0.6 else {}


def zones(box: Box, lan: list[str], wan: list[str]) -> None:
    policy = {"input": "REJECT", "output": "ACCEPT", "forward": "REJECT"}
    box.add("firewall", "defaults", None, **policy)
    accept = {"input": "ACCEPT", "output": "ACCEPT", "forward": "ACCEPT"}
    box.add("firewall", "zone", None, name_="lan", network=lan, **accept)
    box.add("firewall", "zone", None, name_="wan", network=wan, **policy, masq="1")
    box.add("firewall", "forwarding", None, src="lan", dest="wan")
    ping = {"src": "wan", "proto": "icmp", "icmp_type": "echo-request", "target": "ACCEPT"}
    box.add("firewall", "rule", None, name_="Allow-Ping", **ping)
    box.add(
        "firewall",
        "rule",
        None,
        name_="Allow-DHCP-Renew",
        src="wan",
        proto="udp",
        dest_port="68",
        target="ACCEPT",
        family="ipv4",
    )
    box.net |= {"zone": "lan"}
    box.is_ |= {"fw"}


def radios(box: Box, network: str, ssid: str = "Field") -> None:
    for radio, band, channel, htmode in (
        ("radio0", "2g", "1", "HT20"),
        ("radio1", "5g", "36", "VHT80"),
    ):
        box.add(
            "wireless",
            "wifi-device",
            radio,
            type_="mac80211",
            band=band,
            channel=channel,
            htmode=htmode,
            country="DE",
            path=f"platform/{radio}",
        )
        box.add(
            "wireless",
            "wifi-iface",
            f"default_{radio}",
            device=radio,
            network=network,
            mode="ap",
            ssid=ssid,
            encryption="psk2",
            key="wifi-password",
        )
    box.is_ |= {"ap"}


def seen_as(box: Box, version: str, **ports: Any) -> None:
    """ports: name → (addresses, network, bytes received)."""
    found = tuple(
        Interface(
            name.replace("__", "-").replace("_", "."),
            up=True,
            addresses=tuple(a),
            network=n,
            rx_bytes=rx,
        )
        for name, (a, n, rx) in ports.items()
    )
    box.facts = Facts(version=version, interfaces=found)


def come(box: Box, server: str, client: str) -> None:
    box.way = Way(server, seen=SeenFrom(client, server, 22))
    box.net |= {"server": server, "client": client}


def lan_of(rng: random.Random) -> tuple[str, str, str]:
    """A network by its first three bytes, the device's address and ours in it."""
    base = f"10.{rng.randrange(1, 200)}.{rng.randrange(0, 200)}"
    own = rng.randrange(1, 60)
    return base, f"{base}.{own}", f"{base}.{rng.randrange(65, 95)}"


def shallow(facts: Facts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in facts.__dataclass_fields__}
