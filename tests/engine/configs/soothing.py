"""Changes of firewall, logins and everything else that look dangerous and are not."""

from __future__ import annotations

import random

from tests.engine.configs.boxes import OTHER_HASH, OTHER_KEY, REHASH, Box
from tests.engine.configs.change import keep

# -- firewall ---------------------------------------------------------------------------------


@keep("the WAN drops what comes in, and we come by the LAN", "wan fw")
def _wan_drop(box: Box, rng: random.Random) -> None:
    box.sec("firewall", "zone", name_="wan").opts["input"] = "DROP"


@keep("the policy of defaults is to drop", "fw")
def _defaults(box: Box, rng: random.Random) -> None:
    box.sec("firewall", "defaults").opts |= {
        "input": "DROP",
        "forward": "DROP",
        "drop_invalid": "1",
    }


@keep("the sections change places", "fw", "ruled")
def _shuffled(box: Box, rng: random.Random) -> None:
    rng.shuffle(box.conf["firewall"])


@keep("forwarding ends", "fw")
def _forward(box: Box, rng: random.Random) -> None:
    box.zone.opts["forward"] = "DROP"
    box.drop("firewall", box.sec("firewall", "forwarding"))


@keep("ping and leases are no longer let in from the WAN", "fw", "ruled wg sta")
def _rules(box: Box, rng: random.Random) -> None:
    box.conf["firewall"] = [s for s in box.conf["firewall"] if s.type != "rule"]


def _rule(words: str, needs: str = "fw", without: str = "", **opts: str) -> None:
    def apply(box: Box, rng: random.Random) -> None:
        given = {
            k: v.replace("OURS", str(box.way.port)).replace("CLIENT", box.net["client"])
            for k, v in opts.items()
        }
        source = {"src": box.net["zone"]} if "src" not in given else {}
        box.add("firewall", "rule", None, **source, **given)
        box.conf["firewall"].insert(1, box.conf["firewall"].pop())

    keep(f"a rule that keeps out {words}", needs, without)(apply)


_rule("another port", dest_port="2222", proto="tcp", target="DROP")
_rule("a range beside ours", dest_port="81-1024", proto="tcp", target="REJECT")
_rule("UDP on our port", dest_port="OURS", proto="udp", target="DROP")
_rule(
    "another network",
    "fw v4",
    dest_port="OURS",
    proto="tcp",
    src_ip="203.0.113.0/24",
    target="DROP",
)
_rule("our port, switched off", dest_port="OURS", proto="tcp", target="DROP", enabled="0")
_rule("our port over the other IP", "fw v4", dest_port="OURS", family="ipv6", target="DROP")
_rule("our port from another zone", "fw", "ruled", src="wan", dest_port="OURS", target="DROP")
_rule("our port on its way elsewhere", dest="*", dest_port="OURS", proto="tcp", target="DROP")
_rule("our port from the device itself", src="", dest="wan", dest_port="OURS", target="DROP")
_rule("ICMP", proto="icmp", target="DROP")
_rule(
    "all but us",
    "fw v4",
    dest_port="OURS",
    proto="tcp",
    src_ip="!CLIENT",
    target="DROP",
)


@keep("all is kept out, behind a rule that lets us in", "fw v4")
def _first(box: Box, rng: random.Random) -> None:
    box.zone.opts["input"] = "DROP"
    client = box.net["client"]
    opts = {"src": box.net["zone"], "proto": "tcp", "target": "ACCEPT"}
    box.add("firewall", "rule", "console", **opts, src_ip=client, dest_port=str(box.way.port))
    box.add("firewall", "rule", "rest", src=box.net["zone"], proto="all", target="DROP")
    tail = box.conf["firewall"][-2:]
    box.conf["firewall"] = box.conf["firewall"][:1] + tail + box.conf["firewall"][1:-2]


@keep("another port is forwarded", "fw")
def _redirect(box: Box, rng: random.Random) -> None:
    box.add(
        "firewall",
        "redirect",
        None,
        src=box.net["zone"],
        proto="tcp",
        src_dport="8443",
        dest="lan",
        dest_ip="192.168.77.5",
        target="DNAT",
    )


@keep("our port is forwarded, from another zone", "wan fw")
def _redirect_wan(box: Box, rng: random.Random) -> None:
    box.add(
        "firewall",
        "redirect",
        None,
        src="wan",
        proto="tcp",
        src_dport=str(box.way.port),
        dest="lan",
        dest_ip="192.168.77.5",
        target="DNAT",
    )


@keep("the zone has another name", "fw", "ruled")
def _zone_name(box: Box, rng: random.Random) -> None:
    old, box.zone.opts["name"] = box.net["zone"], "trusted"
    for section in box.conf["firewall"]:
        for option in ("src", "dest"):
            if section.opts.get(option) == old:
                section.opts[option] = "trusted"


@keep("networks of a zone in one option", "fw")
def _plain(box: Box, rng: random.Random) -> None:
    box.zone.opts["network"] = " ".join(box.zone.opts["network"])


@keep("the rule that lets us in is written otherwise", "ruled")
def _ruled(box: Box, rng: random.Random) -> None:
    rule = box.sec("firewall", "rule", name_="Allow-Console")
    rule.opts |= {"proto": ["tcp", "udp"], "dest_port": "22-23", "target": "accept"}
    rule.opts["src_ip"] = ["192.0.2.0/24", "198.51.100.1-198.51.100.254"]
    rule.name = "console"


# -- servers and logins -----------------------------------------------------------------------


def _server(words: str, needs: str = "ssh", **opts: str) -> None:
    def apply(box: Box, rng: random.Random) -> None:
        box.sec("dropbear", "dropbear").opts |= opts

    keep(f"dropbear: {words}", needs)(apply)


_server("says what is so by itself", enable="1", Port="22", RootLogin="1", PasswordAuth="on")
_server("takes no passwords, and we have a key", "ssh key", PasswordAuth="off")
_server("no password of root, and we have a key", "ssh key", RootPasswordAuth="0", PasswordAuth="0")
_server("other times and forwards", IdleTimeout="300", GatewayPorts="on", MaxAuthTries="1")
_server("another port, and we come over HTTP", "http", Port="2222", enable="0")


@keep("dropbear: only on the interface that we come in on", "ssh static")
def _interface(box: Box, rng: random.Random) -> None:
    box.sec("dropbear", "dropbear").opts["Interface"] = box.net["lan"]


@keep("dropbear: a second server, for others", "ssh")
def _second(box: Box, rng: random.Random) -> None:
    box.add("dropbear", "dropbear", "others", Port="2022", RootLogin="0", PasswordAuth="off")
    box.conf["dropbear"].insert(0, box.conf["dropbear"].pop())


@keep("dropbear: our server is a section of another name", "ssh")
def _moved(box: Box, rng: random.Random) -> None:
    box.conf["dropbear"] = []
    box.add("dropbear", "dropbear", "cfg_console", RootPasswordAuth="on")


@keep("uhttpd and rpcd are gone, and we come over SSH", "ssh")
def _no_web(box: Box, rng: random.Random) -> None:
    box.conf.pop("uhttpd")
    box.conf["rpcd"] = []


@keep("uhttpd: one more listener", "http")
def _listener(box: Box, rng: random.Random) -> None:
    main = box.sec("uhttpd", "uhttpd", "main")
    main.opts |= {"listen_http": ["0.0.0.0:8080", "0.0.0.0:80"], "max_requests": "9"}
    main.opts.pop("listen_https")
    main.opts["redirect_https"] = "1"


@keep("more keys, ours among them", "ssh key")
def _keys(box: Box, rng: random.Random) -> None:
    lines = box.files["/etc/dropbear/authorized_keys"].decode().split("\n")
    lines = [line for line in lines if "eva" not in line]
    box.files["/etc/dropbear/authorized_keys"] = "\n".join(
        [f"{OTHER_KEY.replace('Somebody', 'Another0')} adam", *reversed(lines), "# end", ""]
    ).encode()


@keep("all keys are gone, and we have a password", "ssh password")
def _no_keys(box: Box, rng: random.Random) -> None:
    box.files.pop("/etc/dropbear/authorized_keys")


@keep("another password of root, and we have a key", "ssh key")
def _password(box: Box, rng: random.Random) -> None:
    line = f"root:{OTHER_HASH if rng.random() < 0.5 else '!'}:19900:0:99999:7:::\n"
    box.files["/etc/shadow"] = line.encode()


@keep("the same password under another salt", "password")
def _salt(box: Box, rng: random.Random) -> None:
    box.files["/etc/shadow"] = f"root:{REHASH}:19900:0:99999:7:::\n".encode()


@keep("one more user", "password")
def _user(box: Box, rng: random.Random) -> None:
    box.files["/etc/shadow"] += b"eva:!:19900:0:99999:7:::\n"
    box.files["/etc/passwd"] += b"eva:x:1000:1000:eva:/home/eva:/bin/ash\n"


# -- the rest ---------------------------------------------------------------------------------


@keep("another name and another time")
def _name(box: Box, rng: random.Random) -> None:
    box.sec("system", "system").opts |= {"hostname": f"ap-{rng.randrange(99)}x", "zonename": "UTC"}
    box.sec("system", "timeserver").opts["server"] = ["192.0.2.123"]


@keep("the device gives away no addresses, and ours is our own")
def _dhcp(box: Box, rng: random.Random) -> None:
    for section in box.conf["dhcp"]:
        section.opts |= {"ignore": "1"} if section.type == "dhcp" else {"domain": "field"}


@keep("packages that have nothing to do with it")
def _others(box: Box, rng: random.Random) -> None:
    for name in ("snmpd", "sqm", "luci", "openwisp-monitoring", "adblock", "upnpd"):
        box.add(name, name.partition("-")[0], "main", enabled="0", network="wan", port="22")


@keep("programs and pages")
def _files(box: Box, rng: random.Random) -> None:
    box.files["/etc/banner"] = b"Property of the valley\n" * 20
    box.files["/usr/bin/status"] = b"#!/bin/sh\nuptime\n"
    box.files["/etc/crontabs/root"] = b"0 4 * * * /usr/bin/status\n"


# -- WireGuard --------------------------------------------------------------------------------


@keep("wg: one more peer", "wg")
def _peer(box: Box, rng: random.Random) -> None:
    box.add("network", "wireguard_wg0", "eva", public_key="ZXZh", allowed_ips=["10.199.0.7/32"])


@keep("wg: the peer is for more networks, and is called oftener", "wg")
def _wider(box: Box, rng: random.Random) -> None:
    peer = box.sec("network", "wireguard_wg0")
    peer.opts["allowed_ips"] = [*peer.opts["allowed_ips"], "10.220.0.0/16"]
    peer.opts["persistent_keepalive"] = "15"
    peer.name = "wgpeer_wg0"


@keep("wg: another port of our own: the device calls", "wg")
def _listen(box: Box, rng: random.Random) -> None:
    box.home.opts["listen_port"] = "51999"
