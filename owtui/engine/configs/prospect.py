"""What a push would do to one device, before anything is sent. Pure.

From what was recorded: the device compares the files itself when the push begins.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from owtui.engine.configs import difftext, rpclimits
from owtui.engine.configs.aims import Aim
from owtui.engine.configs.cutoff import CutOff, Way, judge
from owtui.engine.configs.diff import compare_changes
from owtui.engine.configs.guard import WINDOW_S
from owtui.engine.configs.landing import Landing, land, needed
from owtui.engine.configs.model import File, FileChanges, Running
from owtui.engine.openwrt.facts import Facts
from owtui.errors import InputError

UNREAD = "What it runs was never read: look at it first."
APPLYING = "Its OpenWISP agent applies a configuration at this moment."


@dataclass(frozen=True, slots=True)
class Prospect:
    """One device of a plan. `refusal` "" and no `landing.changes`: it has what it should have.

    `doubts` are told, `diff` is masked, `digest` is of the real content. `by_rpcd`: there is no way
    to run the guard on the device, so that rpcd guards the push.
    """

    refusal: str = ""
    landing: Landing | None = None
    verdict: CutOff = field(default_factory=CutOff)
    doubts: tuple[str, ...] = ()
    diff: str = ""
    summary: str = ""
    digest: str = ""
    by_rpcd: bool = False
    window_s: int = WINDOW_S

    @property
    def changes(self) -> FileChanges:
        """The files that are put, complete."""
        return self.landing.changes if self.landing else {}


def prospect(
    aim: Aim, way: Way | None, facts: Facts | None = None, *, on_purpose: str = ""
) -> Prospect:
    """Judge one device. `way`: how we come in, None where that is not known.

    on_purpose: the address, and port, that the device is to have afterwards
    Raises InputError when that is neither.
    """
    if aim.rendered is None:
        return Prospect(aim.refusal)
    running = aim.running
    if running is None:
        return Prospect(UNREAD)
    if why := _busy(aim, running):
        return Prospect(why)
    try:
        landing = landing_of(aim, running)
    except InputError as error:
        return Prospect(error.sentence)
    if why := _cannot(landing, running):
        return Prospect(why)
    verdict = CutOff()
    doubts = [*aim.rendered.notes, *landing.notes, *_doubts(running, landing)]
    if landing.changes and way is not None:
        verdict = judge(
            replace(way, seen=running.seen_from),
            running,
            landing.changes,
            facts,
            on_purpose=on_purpose,
        )
        doubts.extend(reason.sentence for reason in verdict.reasons if reason.level == "doubt")
    by_rpcd = bool(landing.changes) and rpclimits.by_rpcd(running)
    if by_rpcd:
        doubts.append(rpclimits.WEAKER)
    found = Prospect(
        landing=landing,
        verdict=verdict,
        doubts=tuple(doubts),
        digest=digest(landing.changes),
        by_rpcd=by_rpcd,
        window_s=aim.timing.window_s,
    )
    if landing.changes:
        diff = compare_changes(running.files, landing.changes)
        shown, summary = difftext.told(diff)
        found = replace(found, diff=shown, summary=summary)
    if verdict.level == "certain":
        return replace(found, refusal=cut_off(verdict))
    return found


def _busy(aim: Aim, running: Running) -> str:
    """Who else is changing it at this moment, "" when nobody is."""
    if running.agent is not None and running.agent.applying:
        return APPLYING
    staged = [name for name in running.staged if _touches(aim, name)]
    return f"Somebody has uncommitted changes there: {', '.join(staged)}." if staged else ""


def _cannot(landing: Landing, running: Running) -> str:
    """Why these files cannot be put there, "" when they can."""
    if rpclimits.by_rpcd(running) and (why := rpclimits.refusal(landing, running)):
        return why
    unread = [path for path in landing.changes if path in running.unread]
    return f"{unread[0]} could not be read: {running.unread[unread[0]]}." if unread else ""


def landing_of(aim: Aim, running: Running) -> Landing:
    """The complete files that a device gets for its aim."""
    assert aim.rendered is not None
    return land(
        running.files,
        aim.rendered.files,
        aim.previous,
        aim.originals,
        unmanaged=(*aim.unmanaged, *(running.agent.unmanaged if running.agent else ())),
        overwrite=aim.overwrite,
    )


def paths_of(aim: Aim) -> tuple[str, ...]:
    """The files outside /etc/config that a push has to look at."""
    rendered = aim.rendered.files if aim.rendered else {}
    return tuple(needed(rendered, aim.previous, aim.originals))


def cut_off(verdict: CutOff) -> str:
    """Why a push is refused, and where the device would be instead, in one sentence or two."""
    worst = next(reason for reason in verdict.reasons if reason.level == "certain")
    place = f" ({worst.place})" if worst.place else ""
    said = f"It would cut us off: {worst.sentence}{place}"
    if verdict.new_way is not None:
        return f"{said} It would answer at {verdict.new_way}: give that as its new address."
    return said


def digest(changes: Mapping[str, File | None]) -> str:
    """32 hexadecimal digits of the content of files: what a masked diff cannot tell apart."""
    made = hashlib.sha256()
    for path in sorted(changes):
        file = changes[path]
        made.update(f"{path}\0{'-' if file is None else f'{file.mode:o}'}\0".encode())
        made.update(b"" if file is None else file.data + b"\0")
    return made.hexdigest()[:32]


def _touches(aim: Aim, package: str) -> bool:
    path = f"/etc/config/{package}"
    return aim.rendered is not None and (path in aim.rendered.files or path in aim.previous)


def _doubts(running: Running, landing: Landing) -> Iterator[str]:
    unseen = [path for path in landing.changes if path not in running.sums]
    if unseen:
        yield f"{', '.join(unseen)} was never looked at: what is there now is replaced, and kept."
    agent = running.agent
    if agent is not None and agent.running and agent.url:
        yield (
            f"An OpenWISP agent of {agent.url} runs there: it will put its own configuration back."
        )
