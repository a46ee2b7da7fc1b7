"""Users, passwords and keys: does our login still fit?"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from owtui.engine.configs.cutoff import crypted
from owtui.engine.configs.cutoff.model import Reason, Way
from owtui.engine.configs.cutoff.scene import Scene, Side

SHADOW = "/etc/shadow"
PASSWD = "/etc/passwd"
SHELLS = "/etc/shells"
_ROOT_KEYS = "/etc/dropbear/authorized_keys"
_NO_SHELLS = ("/bin/false", "/sbin/nologin", "/usr/sbin/nologin", "/bin/true", "")
_KEY_TYPES = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")
_BINDING = ("command=", "restrict", "no-pty", "from=")


def look(scene: Scene) -> list[Reason]:
    """Judge the files of accounts for our way in."""
    way = scene.way
    if way.transport == "http":
        return _password(scene, way.user) if _shadowed(scene, way.user) else []
    reasons = _user(scene)
    if way.login in ("password", "none"):
        return reasons + _password(scene, way.user)
    return reasons + _keys(scene)


def _shadowed(scene: Scene, user: str) -> bool:
    """True when rpcd asks /etc/shadow for this user's password."""
    logins = scene.after.typed("rpcd", "login")
    return any(s.get("username") == user and s.get("password") == f"$p${user}" for s in logins)


# -- users ------------------------------------------------------------------------------------


def _user(scene: Scene) -> list[Reason]:
    user = scene.way.user
    old, new = (_line(side, PASSWD, user) for side in (scene.before, scene.after))
    reasons: list[Reason] = []
    if PASSWD in scene.touched and old != new:
        reasons += _passwd(user, old, new)
    shells = scene.after.file(SHELLS)
    if SHELLS in scene.touched and shells is not None and new is not None:
        shell = new[-1]
        if shell not in shells.decode("utf-8", "replace").split():
            reasons.append(
                Reason(
                    "certain",
                    f"{SHELLS} no longer names {shell}, the shell of {user}: dropbear lets in no "
                    "user whose shell is not there.",
                    SHELLS,
                    hint=f"Keep the line {shell}.",
                )
            )
    return reasons


def _passwd(user: str, old: list[str] | None, new: list[str] | None) -> list[Reason]:
    if new is None:
        return [
            Reason(
                "certain",
                f"User {user}, as whom we log in, is not in {PASSWD} any longer.",
                PASSWD,
                hint=f"Keep the line of {user}.",
            )
        ]
    shell = new[-1]
    if len(new) != 7 or shell in _NO_SHELLS:
        return [
            Reason(
                "certain",
                f"User {user} gets the shell {shell or 'nothing'} in {PASSWD}: nobody can log in "
                "with it.",
                PASSWD,
                hint="Use /bin/ash.",
            )
        ]
    if old is None or (old[2:4], old[5:]) != (new[2:4], new[5:]):
        return [
            Reason(
                "doubt",
                f"The line of user {user} in {PASSWD} changes: whether we can log in and work with "
                "it cannot be told.",
                PASSWD,
                hint="Compare it with the line on the device.",
            )
        ]
    return []


# -- passwords --------------------------------------------------------------------------------


def _password(scene: Scene, user: str) -> list[Reason]:
    """Judge a change of a user's line in /etc/shadow for a login by password, or by none."""
    if SHADOW not in scene.touched:
        return []
    old, new = (_line(side, SHADOW, user) for side in (scene.before, scene.after))
    if old is not None and new is not None and old[1:2] == new[1:2]:
        return []
    if new is None or len(new) < 2:
        return [_shadow("certain", f"User {user}, as whom we log in, is not in {SHADOW}.")]
    stored = new[1]
    if stored[:1] in ("!", "*") or stored == "x":
        return [_shadow("certain", f"The password of {user} is locked in {SHADOW}.")]
    if not stored:
        return []  # no password: dropbear and rpcd let any in
    return _compared(scene.way, user, stored)


def _compared(way: Way, user: str, stored: str) -> list[Reason]:
    known = "" if way.login == "none" else way.password.reveal() if way.password else None
    same = None if known is None else crypted.fits(known, stored)
    if same:
        return []
    if same is False:
        what = "gets a password" if way.login == "none" else "gets another password than ours"
        return [_shadow("certain", f"User {user} {what} in {SHADOW}.")]
    return [
        _shadow(
            "doubt",
            f"The password of {user} changes in {SHADOW}: whether ours is the new one cannot be "
            "told.",
        )
    ]


def _shadow(level: str, sentence: str) -> Reason:
    return Reason(
        "certain" if level == "certain" else "doubt",
        sentence,
        SHADOW,
        hint="Leave the line as it is and set passwords with the action that changes them.",
    )


def _line(side: Side, path: str, user: str) -> list[str] | None:
    """The fields of a user's line; None where the file or the line is not there."""
    data = side.file(path)
    if data is None:
        return None
    lines = (line.split(":") for line in data.decode("utf-8", "surrogateescape").splitlines())
    return next((fields for fields in lines if fields[0] == user), None)


# -- keys -------------------------------------------------------------------------------------


def key_files(user: str) -> tuple[str, ...]:
    """Where dropbear, and OpenSSH in its place, look for a user's keys."""
    home = "/root" if user == "root" else f"/home/{user}"
    own = f"{home}/.ssh/authorized_keys"
    return (_ROOT_KEYS, own) if user == "root" else (own,)


def _keys(scene: Scene) -> list[Reason]:
    touched = [p for p in key_files(scene.way.user) if p in scene.touched]
    if not touched:
        return []
    mine = {_blob(line) for line in scene.way.public_keys} - {""}
    if not mine:
        return _strangers(scene, touched)
    files = key_files(scene.way.user)
    has = [p for p in files if mine & set(_blobs(scene.after, p))]
    if has:
        return _bound(scene, has, mine)
    had = [p for p in files if mine & set(_blobs(scene.before, p))]
    path = next((p for p in had if p in touched), touched[0])
    seen = bool(had) or scene.before.file(path) is None
    gone = "is removed" if scene.after.file(path) is None else "no longer has our key"
    return [
        Reason(
            "certain" if had or (seen and path == files[0]) else "doubt",
            f"{path} {gone}, with which we log in.",
            path,
            hint="Add our public key to the file.",
        )
    ]


def _strangers(scene: Scene, touched: list[str]) -> list[Reason]:
    """Which key is ours is not known: it is lost for sure only when all are."""
    reasons = []
    for path in touched:
        old, new = set(_blobs(scene.before, path)), set(_blobs(scene.after, path))
        if old and old <= new:
            continue
        if not new:
            sentence = f"{path} is left without a key, and we log in with one."
        else:
            sentence = f"{path} changes, and which of its keys is ours is not known."
        reasons.append(
            Reason(
                "doubt" if new else "certain",
                sentence,
                path,
                hint="Add our public key to the file.",
            )
        )
    return reasons


def _bound(scene: Scene, has: list[str], mine: set[str]) -> list[Reason]:
    """Our key is there; options before it may take away what we need."""
    for path in has:
        old = _prefix(scene.before, path, mine)
        new = _prefix(scene.after, path, mine)
        if new == old or not any(word in new for word in _BINDING):
            return []
    return [
        Reason(
            "doubt",
            f"{has[0]} binds our key to options ({new.strip()[:40]}): whether we can still work "
            "with it cannot be told.",
            has[0],
            hint="Put the key without options.",
        )
    ]


def _prefix(side: Side, path: str, mine: set[str]) -> str:
    for line in _lines(side, path):
        blob = _blob(line)
        if blob in mine:
            kind = next(w for w in line.split() if w.startswith(_KEY_TYPES))
            return line[: line.index(kind)]
    return ""


def _blobs(side: Side, path: str) -> Iterator[str]:
    return (blob for line in _lines(side, path) if (blob := _blob(line)))


def _lines(side: Side, path: str) -> list[str]:
    text = (side.file(path) or b"").decode("utf-8", "replace")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _blob(line: str) -> str:
    """The key itself, in base64, of a line with or without options before it."""
    words = line.split()
    for kind, blob in itertools.pairwise(words):
        if kind.startswith(_KEY_TYPES):
            return blob
    return ""
