"""The way over HTTP: does uhttpd still answer, and rpcd still take our login?

[uhttpd.init] Each section is a server; it listens where its lists say and nowhere else, and answers
JSON-RPC only under `ubus_prefix`. [guarded-apply.md §6] rpcd forgets a pending rollback when it is
restarted.
"""

from __future__ import annotations

from owtui.engine.configs.cutoff import accounts, crypted
from owtui.engine.configs.cutoff.model import Entrance, Reason, Way, ip_of
from owtui.engine.configs.cutoff.picture import Picture
from owtui.engine.configs.cutoff.scene import Scene, Side, flag, label
from owtui.engine.openwrt.uci import Section

_ACLS = "/usr/share/rpcd/acl.d/"


def look(scene: Scene, before: Picture, after: Picture) -> list[Reason]:
    """Compare web server and logins of both sides."""
    reasons = []
    if before.way != after.way or scene.changed("uhttpd"):
        reasons += _server(scene, before, after)
    if scene.changed("rpcd"):
        reasons += _rpcd(scene)
    return reasons + _files(scene)


def other_entrance(after: Picture) -> Entrance | None:
    """Return where else a web server listens for us."""
    way = after.way
    for section in after.side.typed("uhttpd", "uhttpd"):
        for word in section.words(_option(way)):
            _, port = _split(word)
            if port and why_not(section, way.moved(Entrance(way.address, port))) is None:
                return Entrance(way.address, port)
    return None


def _option(way: Way) -> str:
    return "listen_https" if way.tls else "listen_http"


def why_not(section: Section, way: Way) -> tuple[str, str] | None:
    """Say why a web server does not take us: a sentence and the option; None when it does."""
    option = _option(way)
    words = section.words(option)
    if not any(_listens(word, way) for word in words):
        where = ", ".join(words) or "nowhere"
        kind = "HTTPS" if way.tls else "HTTP"
        return f"listens for {kind} on {where}, and we dial port {way.server_port}", option
    if not section.get("ubus_prefix"):
        return "does not answer ubus any longer", "ubus_prefix"
    if not way.tls and flag(section, "redirect_https", False) and section.words("listen_https"):
        return "sends HTTP on to HTTPS, where our login does not follow", "redirect_https"
    return None


def _split(word: str) -> tuple[str, int]:
    """The address and port of a listener; 0 where it is none."""
    host, _, port = word.rpartition(":")
    return host.strip("[]"), int(port) if port.isdigit() else 0


def _listens(word: str, way: Way) -> bool:
    host, port = _split(word)
    server = way.server
    if port != way.server_port:
        return False
    if server is None or not host:
        return True
    if host in ("0.0.0.0", "::"):
        return (host == "::") == (server.version == 6)
    return ip_of(host) == server


def _server(scene: Scene, before: Picture, after: Picture) -> list[Reason]:
    old = [s for s in before.side.typed("uhttpd", "uhttpd") if why_not(s, before.way) is None]
    found = after.side.typed("uhttpd", "uhttpd")
    if not old:
        return _unexplained(scene)
    lets = [s for s in found if why_not(s, after.way) is None]
    if lets:
        return _certificate(after.way, old, lets)
    if not found:
        return [
            Reason(
                "certain",
                "/etc/config/uhttpd is left without a server: nothing answers over HTTP.",
                "uhttpd",
                label(old[0]),
                hint="Keep the section of the server that we use.",
            )
        ]
    same = next((s for s in found if label(s) == label(old[0])), found[0])
    why = why_not(same, after.way)
    sentence, option = why if why is not None else ("does not take us", "")
    return [
        Reason(
            "certain",
            f"The web server {sentence}.",
            "uhttpd",
            label(same),
            option,
            "Leave it as it was, or give the new way in with the push.",
        )
    ]


def _unexplained(scene: Scene) -> list[Reason]:
    if not scene.changed("uhttpd"):
        return []
    return [
        Reason(
            "doubt",
            "By its configuration uhttpd would not answer us as we come now, so that another "
            "server may; /etc/config/uhttpd changes.",
            "uhttpd",
            hint="Check which web server the device runs.",
        )
    ]


def _certificate(way: Way, old: list[Section], lets: list[Section]) -> list[Reason]:
    pairs = [(s.get("cert"), s.get("key")) for s in old]
    if not way.tls or any((s.get("cert"), s.get("key")) in pairs for s in lets):
        return []
    return [
        Reason(
            "doubt",
            "The web server takes another certificate, which may not be the one we trust.",
            "uhttpd",
            label(lets[0]),
            "cert",
            "Pin the new certificate, or keep the old one.",
        )
    ]


# -- logins -----------------------------------------------------------------------------------


def _login(side: Side, user: str) -> Section | None:
    logins = side.typed("rpcd", "login")
    return next((s for s in logins if s.get("username") == user), None)


def _rpcd(scene: Scene) -> list[Reason]:
    user = scene.way.user
    reasons = [
        Reason(
            "doubt",
            "rpcd is restarted with this change and forgets the rollback that protects a push over "
            "HTTP.",
            "rpcd",
            hint="Push it over SSH.",
        )
    ]
    old, new = _login(scene.before, user), _login(scene.after, user)
    if old is None:
        return reasons
    place = label(new if new is not None else old)
    if new is None:
        reasons.append(
            Reason(
                "certain",
                f"User {user}, as whom we log in, has no login in /etc/config/rpcd any longer.",
                "rpcd",
                place,
                hint="Keep that section.",
            )
        )
        return reasons
    if old.get("password") != new.get("password"):
        reasons += _password(scene, new, place)
    return reasons + _rights(old, new, place)


def _password(scene: Scene, new: Section, place: str) -> list[Reason]:
    way = scene.way
    text = new.get("password")
    known = way.password.reveal() if way.password else None
    stored = _shadow_of(scene, text[3:]) if text.startswith("$p$") else text
    same: bool | None = None
    if known is not None and stored is not None:
        same = crypted.fits(known, stored) if stored.startswith("$") else stored == known
    if same:
        return []
    return [
        Reason(
            "certain" if same is False else "doubt",
            f"The login of {way.user} in /etc/config/rpcd gets another password"
            f"{' than ours' if same is False else ': whether it is ours cannot be told'}.",
            "rpcd",
            place,
            "password",
            "Leave it as it was.",
        )
    ]


def _shadow_of(scene: Scene, user: str) -> str | None:
    data = scene.after.file(accounts.SHADOW) or b""
    lines = (line.split(":") for line in data.decode("utf-8", "replace").splitlines())
    return next((f[1] for f in lines if f[0] == user and len(f) > 1), None)


def _rights(old: Section, new: Section, place: str) -> list[Reason]:
    for option in ("read", "write"):
        had, has = old.words(option), new.words(option)
        if set(had) <= set(has) or "*" in has:
            continue
        then = "whether that is enough" if has else "that is not enough"
        sure = " cannot be told" if has else ""
        return [
            Reason(
                "doubt" if has else "certain",
                f"Our login may {option} {' '.join(has) or 'nothing'} instead of "
                f"{' '.join(had)}: {then} to manage the device{sure}.",
                "rpcd",
                place,
                option,
                f"Keep `list {option} '*'` for the user that manages the device.",
            )
        ]
    return []


def _files(scene: Scene) -> list[Reason]:
    paths = [p for p in sorted(scene.touched) if p.startswith(_ACLS)]
    reasons = [
        Reason(
            "doubt",
            f"{path} changes: whether our login may still do what it needs cannot be told.",
            path,
            hint="Push it over SSH.",
        )
        for path in paths
    ]
    if scene.way.tls:
        reasons += [
            Reason(
                "doubt",
                f"{path} changes: the device may show a certificate that we do not trust.",
                path,
                hint="Pin the new certificate, or keep the old one.",
            )
            for path in ("/etc/uhttpd.crt", "/etc/uhttpd.key")
            if path in scene.touched
        ]
    return reasons
