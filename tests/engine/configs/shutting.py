"""Changes of firewall, logins, servers and flash that cut us off."""

from __future__ import annotations

import random

from tests.engine.configs.boxes import OTHER_HASH, OTHER_KEY, Box
from tests.engine.configs.change import cut

# -- firewall ---------------------------------------------------------------------------------


def _port(box: Box) -> str:
    return str(box.way.port)


@cut("the zone rejects what comes in", "fw", "ruled")
def _zone_policy(box: Box, rng: random.Random) -> None:
    box.zone.opts["input"] = rng.choice(["REJECT", "DROP", "drop"])


@cut("the zone has a policy that is none", "fw", "ruled fw3")
def _zone_nonsense(box: Box, rng: random.Random) -> None:
    box.zone.opts[rng.choice(["input", "forward"])] = rng.choice(["ALLOW", "YES", "1"])


@cut("the zone loses the interface", "fw", "ruled")
def _zone_network(box: Box, rng: random.Random) -> None:
    networks = [n for n in box.zone.opts["network"] if n != box.net["lan"]]
    box.zone.opts["network"] = [*networks, "lam"]


@cut("the zone is removed", "fw", "ruled")
def _zone_removed(box: Box, rng: random.Random) -> None:
    box.drop("firewall", box.zone)


@cut("the zone is switched off", "fw", "ruled")
def _zone_off(box: Box, rng: random.Random) -> None:
    box.zone.opts["enabled"] = "0"


@cut("the zone is for the other IP only", "fw v4", "ruled")
def _zone_family(box: Box, rng: random.Random) -> None:
    box.zone.opts["family"] = "ipv6"


@cut("another zone takes the interface first", "fw", "ruled")
def _zone_first(box: Box, rng: random.Random) -> None:
    box.add(
        "firewall",
        "zone",
        None,
        name_="guest",
        network=[box.net["lan"]],
        input="REJECT",
        output="ACCEPT",
        forward="REJECT",
    )
    box.conf["firewall"].insert(1, box.conf["firewall"].pop())


@cut("the interface is renamed, and the zone is not told", "fw static", "ruled")
def _renamed(box: Box, rng: random.Random) -> None:
    box.home.name = "mgmt"


@cut("a rule keeps out our port", "fw")
def _rule(box: Box, rng: random.Random) -> None:
    where = rng.choice([box.net["zone"], "*"])
    target = rng.choice(["DROP", "REJECT", "drop"])
    ports = rng.choice([_port(box), "1-1024", "20:90"])
    proto = rng.choice([{"proto": "tcp"}, {"proto": ["tcp", "udp"]}, {}])
    box.add("firewall", "rule", None, src=where, dest_port=ports, target=target, **proto)
    box.conf["firewall"].insert(2, box.conf["firewall"].pop())


@cut("a rule keeps out our network", "fw v4")
def _rule_network(box: Box, rng: random.Random) -> None:
    net = box.net["client"].rpartition(".")[0] + ".0/24"
    box.add(
        "firewall",
        "rule",
        "block",
        src=box.net["zone"],
        proto=rng.choice(["all", "any"]),
        src_ip=rng.choice([net, [net, "192.0.2.99"], "0.0.0.0/0"]),
        target="DROP",
    )
    box.conf["firewall"].insert(1, box.conf["firewall"].pop())


@cut("a rule lets in only others", "fw v4", "ruled")
def _rule_negated(box: Box, rng: random.Random) -> None:
    box.add(
        "firewall",
        "rule",
        None,
        src=box.net["zone"],
        proto="tcp",
        dest_port=_port(box),
        src_ip="!203.0.113.0/24",
        target="REJECT",
    )


@cut("our port is forwarded to a machine behind the device", "fw v4")
def _redirect(box: Box, rng: random.Random) -> None:
    box.add(
        "firewall",
        "redirect",
        None,
        name_="camera",
        src=box.net["zone"],
        proto="tcp",
        src_dport=_port(box),
        dest="lan",
        dest_ip="192.168.77.5",
        dest_port=_port(box),
        target="DNAT",
    )


@cut("the firewall is emptied", "fw", "fw3")
def _emptied(box: Box, rng: random.Random) -> None:
    box.conf["firewall"] = [] if rng.random() < 0.5 else [box.sec("firewall", "defaults")]


@cut("the rule that lets us in is removed", "ruled")
def _rule_removed(box: Box, rng: random.Random) -> None:
    box.drop("firewall", box.sec("firewall", "rule", name_="Allow-Console"))


def _edit(words: str, **opts: str) -> None:
    def apply(box: Box, rng: random.Random) -> None:
        box.sec("firewall", "rule", name_="Allow-Console").opts |= opts

    cut(f"the rule that lets us in: {words}", "ruled")(apply)


_edit("is switched off", enabled="0")
_edit("is for another port", dest_port="2222")
_edit("is for another network", src_ip="198.51.0.0/24")
_edit("is for UDP", proto="udp")
_edit("rejects", target="REJECT")
_edit("is of a zone that is not there", src="wna")
_edit("is for what is forwarded", dest="lan")
_edit("is for IPv6", family="ipv6")


@cut("a rule before the one that lets us in keeps all out", "ruled")
def _order(box: Box, rng: random.Random) -> None:
    rule = box.add("firewall", "rule", None, src="wan", proto="tcp", target="DROP")
    box.conf["firewall"].remove(rule)
    box.conf["firewall"].insert(3, rule)


# -- SSH --------------------------------------------------------------------------------------


def _server(words: str, needs: str = "ssh", **opts: str) -> None:
    def apply(box: Box, rng: random.Random) -> None:
        box.sec("dropbear", "dropbear").opts |= opts

    cut(f"dropbear: {words}", needs)(apply)


_server("is switched off", enable="0")
_server("listens on another port", Port="2222")
_server("has a port that is none", Port="ssh")
_server("has two ports in one option", Port="22 2222")
_server("does not let root in", RootLogin="0")
_server("takes no passwords", "ssh password", PasswordAuth="off")
_server("takes no passwords of root", "ssh password", RootPasswordAuth="0")
_server("has a switch that is no boolean", PasswordAuth="maybe")
_server("listens on another interface", Interface="loopback")
_server("binds to another interface", "ssh new", DirectInterface="loopback")
_server("binds to an interface that is not there", "ssh new", DirectInterface="mgmt0")
_server("runs one command", "ssh new", ForceCommand="/usr/bin/status")


@cut("dropbear: only the server of others is left", "ssh")
def _other_server(box: Box, rng: random.Random) -> None:
    box.sec("dropbear", "dropbear").opts["enable"] = "0"
    box.add("dropbear", "dropbear", "second", Port="2022", Interface=box.net["lan"])


@cut("dropbear: no section is left", "ssh")
def _no_server(box: Box, rng: random.Random) -> None:
    if rng.random() < 0.5:
        box.conf["dropbear"] = []
    else:
        box.conf.pop("dropbear")


@cut("dropbear: the section is of another type", "ssh")
def _server_type(box: Box, rng: random.Random) -> None:
    box.sec("dropbear", "dropbear").type = "sshd"


@cut("our key is no longer among the authorized", "ssh key")
def _keys(box: Box, rng: random.Random) -> None:
    path = "/etc/dropbear/authorized_keys"
    kind = rng.randrange(4)
    if kind == 0:
        box.files.pop(path)
    elif kind == 1:
        box.files[path] = b""
    elif kind == 2:
        box.files[path] = f"{OTHER_KEY} eva\n".encode()
    else:  # a key that was wrapped by a mail program
        box.files[path] = box.files[path].replace(b"KeyOfThe", b"\nKeyOfThe")


@cut("another password of root", "password")
def _password(box: Box, rng: random.Random) -> None:
    lines = box.files["/etc/shadow"].decode().splitlines()
    lines[0] = f"root:{OTHER_HASH}:19900:0:99999:7:::"
    box.files["/etc/shadow"] = ("\n".join(lines) + "\n").encode()


@cut("root's password is locked", "password")
def _locked(box: Box, rng: random.Random) -> None:
    box.files["/etc/shadow"] = box.files["/etc/shadow"].replace(b"root:", b"root:!", 1)


@cut("root is not in shadow", "password")
def _no_root(box: Box, rng: random.Random) -> None:
    box.files["/etc/shadow"] = b"daemon:*:0:0:99999:7:::\n"


@cut("root has a shell that lets nobody in", "ssh")
def _shell(box: Box, rng: random.Random) -> None:
    box.files["/etc/passwd"] = box.files["/etc/passwd"].replace(b"/bin/ash", b"/bin/false")


# -- HTTP -------------------------------------------------------------------------------------


@cut("uhttpd: another port, or itself only", "http")
def _listen(box: Box, rng: random.Random) -> None:
    main = box.sec("uhttpd", "uhttpd", "main")
    main.opts["listen_http"] = rng.choice([["0.0.0.0:8080"], ["127.0.0.1:80"], ["[::]:80"]])


@cut("uhttpd: no ubus, or on to HTTPS", "http")
def _ubus(box: Box, rng: random.Random) -> None:
    main = box.sec("uhttpd", "uhttpd", "main")
    if rng.random() < 0.5:
        main.opts.pop("ubus_prefix")
    else:
        main.opts["redirect_https"] = "1"


@cut("uhttpd: no server is left", "http")
def _no_uhttpd(box: Box, rng: random.Random) -> None:
    box.conf["uhttpd"] = []


@cut("rpcd: our login is gone, has another password, or may do nothing", "http")
def _rpcd(box: Box, rng: random.Random) -> None:
    login = box.sec("rpcd", "login")
    kind = rng.randrange(4)
    if kind == 0:
        box.drop("rpcd", login)
    elif kind == 1:
        login.opts["username"] = "admin"
    elif kind == 2:
        login.opts["password"] = OTHER_HASH
    else:
        login.opts.pop("write")


# -- flash ------------------------------------------------------------------------------------


@cut("the flash cannot hold it")
def _flash(box: Box, rng: random.Random) -> None:
    box.files["/etc/big.bin"] = b"x" * rng.randrange(60_000, 90_000)
    box.free = rng.randrange(4_000, 60_000)
