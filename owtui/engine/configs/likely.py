"""Who is likely to have changed a configuration: a judgement on what the device shows. Pure.

It says what fits best, never who it was: a log forgets, and whoever has root can change it.
"""

from __future__ import annotations

from collections.abc import Collection

from owtui.engine.openwrt.clues import Clues, Login

UNKNOWN = "unknown"
RESET = "a reset"
AGENT = "the OpenWISP agent"
SHELL = "a shell"
LUCI = "LuCI"

NEAR_S = 90.0  # a log line and the file that it is about; saving in LuCI takes a while
LUCI_S = 3600.0  # an idle session of LuCI ends then [/etc/config/luci sauth.sessiontime]


def likely(
    clues: Clues,
    drifted: Collection[str],
    *,
    window_s: float,
    ours: str = "",
    new_host_key: bool = False,
    agent_moved: bool = False,
) -> str:
    """Judge who changed the files `drifted` within the last `window_s` seconds.

    ours: our own address as the device sees it; logins from there are not told from our polls
    agent_moved: the agent has applied another configuration than when we looked last
    """
    if _was_reset(clues, drifted, window_s, new_host_key):
        return RESET
    at_s = clues.changed_s if clues.changed_s is not None else None
    if at_s is not None and at_s > window_s + NEAR_S:
        at_s = None  # restored with its old time, or the clock was set since
    if agent_moved or any(_fits(age, age, at_s, window_s) for age in clues.agent_s):
        return AGENT
    people = [one for one in clues.logins if one.kind == "console" or one.source != ours]
    in_luci = [one for one in people if one.kind == "luci" and _present(one, at_s, window_s)]
    in_shell = [one for one in people if one.kind != "luci" and _present(one, at_s, window_s)]
    by_rpcd = any(_fits(age, age, at_s, window_s) for age in clues.rpcd_s)
    if in_luci and in_shell and by_rpcd is clues.staged:
        return f"{_told(LUCI, in_luci)}, or {_told(SHELL, in_shell)}"
    if by_rpcd or (in_luci and not clues.staged):
        return _told(LUCI, in_luci)
    if in_shell or clues.staged:
        return _told(SHELL, in_shell)
    return _told(LUCI, in_luci) if in_luci else UNKNOWN


def _was_reset(clues: Clues, drifted: Collection[str], window_s: float, new_host_key: bool) -> bool:
    """All that the firmware brings is as it brought it, and the device began anew.

    Packages that never differed from the firmware prove nothing; a new host key does.
    """
    if not clues.as_image or clues.unlike_image:
        return False
    booted = clues.uptime_s is not None and clues.uptime_s <= window_s + NEAR_S
    back = not clues.as_image.isdisjoint(drifted)
    return new_host_key or (booted and back)


def _fits(began_s: float, ended_s: float, at_s: float | None, window_s: float) -> bool:
    """Whether something that lasted from one age to another fits the moment of the change."""
    if at_s is None:
        return ended_s <= window_s
    return ended_s - NEAR_S <= at_s <= began_s + NEAR_S


def _present(login: Login, at_s: float | None, window_s: float) -> bool:
    """Whether somebody was in when it happened; an end that nobody saw is as late as can be."""
    if login.ended_s is not None:
        ended = login.ended_s
    else:
        ended = max(0.0, login.began_s - LUCI_S) if login.kind == "luci" else 0.0
    return _fits(login.began_s, ended, at_s, window_s)


def _told(kind: str, logins: list[Login]) -> str:
    """The kind with the last of these: "LuCI (root from 192.0.2.7)"."""
    if not logins:
        return kind
    last = min(logins, key=lambda one: one.began_s)
    where = f"on {last.source}" if last.kind == "console" else f"from {last.source}"
    return f"{kind} ({last.user} {where})"[:60]
