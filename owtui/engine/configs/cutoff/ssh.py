"""Does an SSH server still answer where we dial, and take our kind of login?

[dropbear.init] Each section is a server of its own; without a section there is none. A value that
is no boolean, or a Port that is none, keeps that server from being started. `Interface` listens on
the addresses of that interface; without an address it is not started before 24.10 and listens
everywhere since. `DirectInterface` binds to its device.
"""

from __future__ import annotations

from owtui.engine.configs.cutoff.model import Entrance, Reason, Way
from owtui.engine.configs.cutoff.picture import Picture
from owtui.engine.configs.cutoff.scene import Scene, flag, is_flag, label
from owtui.engine.openwrt.uci import Section

_FLAGS = (
    "enable",
    "PasswordAuth",
    "RootPasswordAuth",
    "RootLogin",
    "GatewayPorts",
    "mdns",
    "LocalPortForward",
    "RemotePortForward",
)
_MODERN = (24, 0)  # since then DirectInterface, and Interface without an address is everywhere
_OPENSSH = "/etc/ssh/"
_HOST_KEYS = ("/etc/dropbear/dropbear_", "/etc/ssh/ssh_host_")
_TRUST = "Accept its new host key afterwards, or keep the old one."


def look(scene: Scene, before: Picture, after: Picture) -> list[Reason]:
    """Compare the servers of both sides for our way in."""
    reasons = _files(scene)
    relevant = ("dropbear", "network", "wireless")
    if before.way == after.way and not any(scene.changed(p) for p in relevant):
        return reasons
    if not any(why_not(s, before, before.way) is None for s in servers(before)):
        return reasons + _unexplained(scene)
    lets = [s for s in servers(after) if why_not(s, after, after.way) is None]
    if not lets:
        return [*reasons, _shut(before, after)]
    return reasons + _host_key(before, lets)


def servers(picture: Picture) -> tuple[Section, ...]:
    """The servers that dropbear's configuration asks for."""
    return picture.side.typed("dropbear", "dropbear")


def other_entrance(after: Picture) -> Entrance | None:
    """Return where else a server would take our login."""
    way = after.way
    for section in servers(after):
        port = section.get("Port", "22")
        found = Entrance(way.address, int(port)) if port.isdigit() else way.entrance
        if found != way.entrance and why_not(section, after, way.moved(found)) is None:
            return found
    return None


def why_not(section: Section, picture: Picture, way: Way) -> tuple[str, str] | None:
    """Say why a server does not take us: a sentence and the option; None when it does."""
    wrong = _invalid(section)
    if wrong:
        return f"is not started: `{section.get(wrong)}` is no value of {wrong}", wrong
    if not flag(section, "enable", True):
        return "is switched off", "enable"
    port = int(section.get("Port", "22"))
    if port != way.server_port:
        return f"listens on port {port}, and we dial {way.server_port}", "Port"
    return _elsewhere(section, picture) or _refuses(section, way)


def _invalid(section: Section) -> str:
    port = section.get("Port", "22")
    if not port.isdigit() or int(port) > 65535:
        return "Port"
    wrong = (o for o in _FLAGS if section.get(o) and not is_flag(section.get(o)))
    return next(wrong, "")


def _elsewhere(section: Section, picture: Picture) -> tuple[str, str] | None:
    """Judge the interfaces on which a server listens."""
    ifaces = picture.network.ifaces
    modern = picture.scene.release >= _MODERN
    direct = section.words("DirectInterface")[:1] if modern else []
    if direct:
        bound = ifaces.get(direct[0])
        if bound is None or bound.off:
            return f"is not started: there is no interface {direct[0]}", "DirectInterface"
        ingress = picture.ingress
        if ingress is not None and ingress.l3 != bound.l3:
            return f"listens on interface {bound.name} only", "DirectInterface"
        return None
    names = section.words("Interface")
    server = picture.way.server
    if not names or server is None:
        return None
    listed = [ifaces[n] for n in names if n in ifaces and not ifaces[n].off]
    if any(a.ip == server for i in listed for a in picture.addresses(i)):
        return None
    if picture.home is not None and picture.home.name in names and not picture.home.owns(server):
        return None
    if not any(i.dynamic or picture.addresses(i) for i in listed):
        if modern:
            return None
        return f"is not started: interface {names[0]} has no address", "Interface"
    return f"listens on the addresses of interface {' '.join(names)} only", "Interface"


def _refuses(section: Section, way: Way) -> tuple[str, str] | None:
    root = way.user == "root"
    if section.get("ForceCommand"):
        return "runs one command for everybody", "ForceCommand"
    if section.get("RunAsUser", "root") not in ("root", way.user):
        return f"runs as {section.get('RunAsUser')} and lets in nobody else", "RunAsUser"
    if root and not flag(section, "RootLogin", True):
        return "does not let root in", "RootLogin"
    if way.login in ("password", "none"):
        if not flag(section, "PasswordAuth", True):
            return "takes no passwords, and we log in with one", "PasswordAuth"
        if root and not flag(section, "RootPasswordAuth", True):
            return "takes no password of root, and we log in with it", "RootPasswordAuth"
    return None


def _shut(before: Picture, after: Picture) -> Reason:
    """Name the server that let us in and what has become of it."""
    old = next(s for s in servers(before) if why_not(s, before, before.way) is None)
    found = servers(after)
    if not found:
        gone = "is removed" if not after.side.has("dropbear") else "has no section left"
        return Reason(
            "certain",
            f"/etc/config/dropbear {gone}: no SSH server is started.",
            "dropbear",
            label(old),
            hint="Keep the section of the server that we use.",
        )
    same = next((s for s in found if label(s) == label(old)), found[0])
    why = why_not(same, after, after.way)
    sentence, option = why if why is not None else ("does not take us", "")
    return Reason(
        "certain",
        f"The SSH server {sentence}.",
        "dropbear",
        label(same),
        option,
        _advice(option),
    )


def _advice(option: str) -> str:
    if option == "Port":
        return "Keep the port, or give the new way in with the push."
    if option in ("PasswordAuth", "RootPasswordAuth"):
        return "Give the device a key first and connect with it, or leave it on."
    return "Leave it as it was."


def _host_key(before: Picture, lets: list[Section]) -> list[Reason]:
    old = [s for s in servers(before) if why_not(s, before, before.way) is None]
    kept = [(s.words("keyfile"), s.get("rsakeyfile")) for s in old]
    if any((s.words("keyfile"), s.get("rsakeyfile")) in kept for s in lets):
        return []
    return [
        Reason(
            "doubt",
            "The SSH server takes its host key from another file: it may show another key, which "
            "is refused, or not start.",
            "dropbear",
            label(lets[0]),
            "keyfile",
            _TRUST,
        )
    ]


def _files(scene: Scene) -> list[Reason]:
    reasons = []
    for path in sorted(scene.touched):
        if path.startswith(_HOST_KEYS) and not path.endswith(".pub"):
            reasons.append(
                Reason(
                    "doubt",
                    f"{path} changes: the device may show another host key, which is refused.",
                    path,
                    hint=_TRUST,
                )
            )
        elif path.startswith(_OPENSSH):
            reasons.append(
                Reason(
                    "doubt",
                    f"{path} changes: whether OpenSSH still lets us in cannot be told.",
                    path,
                    hint="Check it with `sshd -t` on the device.",
                )
            )
    return reasons


def _unexplained(scene: Scene) -> list[Reason]:
    """We are in, although no server of dropbear would let us: OpenSSH, or another one."""
    if not scene.changed("dropbear"):
        return []
    return [
        Reason(
            "doubt",
            "By its configuration dropbear would not let us in as we come now, so that another "
            "server may; /etc/config/dropbear changes.",
            "dropbear",
            hint="Check which SSH server the device runs.",
        )
    ]
