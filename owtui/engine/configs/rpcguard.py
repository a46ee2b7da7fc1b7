"""What to do next in a push over HTTP alone: rpcd applies and rolls back by itself. Pure.

The way for devices that let us neither in by SSH nor run a command. It is driven like guardsteps,
with the acts of openwrt/rpcconfig.py. rpcd knows no id of a push, so what has become of one is
read from the packages themselves: the new ones after its deadline stay for good.

Its limits (guarded-apply.md, section 6), to be said in a plan: packages only, and only those that
exist; a reboot or a restart of rpcd within the window, and an unguarded apply of anybody else,
make the change permanent without a confirm; with a full flash apply writes an empty file and says
nothing, which the reading back before the confirm finds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from owtui.engine.configs.guardsteps import (
    ATTEMPT_S,
    FIRST_TRIES,
    PAUSE_S,
    RESTORE_S,
    Checked,
    Failed,
    Fate,
    Goal,
    Order,
    Outcome,
    pace,
)
from owtui.engine.openwrt.rpcconfig import Reply
from owtui.errors import Failure, Kind

APPLIES = 3

SETTLE_LEAST_S = 5
"""rpcd takes a confirm at once, before services have acted (up to 4.2 s, guarded-apply.md, 2.2)."""

WINDOW_LEAST_S = 15

_FINAL = (Kind.DENIED, Kind.MISSING, Kind.CHANGED, Kind.INPUT)

UNASKED = "kept unconfirmed: a reboot, or an apply of somebody else, made it permanent"
LEFT = "kept: in force for good when the engine came back to it"
NOT_AS_SENT = "read back, it was neither the old nor the new one."


class Act(StrEnum):
    """What a driver can be told to do; the verbs are those of RpcConfig."""

    LOOK = "look"  # read what is committed and compare it: Seen
    STAGE = "stage"
    APPLY = "apply"  # with the window as timeout
    CHECK = "check"  # own checks over a new login, the packages read back among them
    CONFIRM = "confirm"
    ROLLBACK = "rollback"
    REVERT = "revert"


class Has(StrEnum):
    """What the packages of a device are; equal is equal as UCI, whatever the text."""

    OLD = "old"  # what the plan was made from
    NEW = "new"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Next:
    """Do `act` after `after_s` seconds; see guardsteps.Next.

    anew: over a new connection and with a new login, which gets the session that applied back
    while its change pends. The old one must not be ended: only that session may confirm.
    """

    act: Act
    after_s: float = 0.0
    anew: bool = False
    moved: bool = False
    connect_s: float = ATTEMPT_S


@dataclass(frozen=True, slots=True)
class Seen:
    """The answer to LOOK."""

    has: Has


@dataclass(frozen=True, slots=True)
class Replied:
    """What rpcd answered to apply, confirm, rollback; DONE of stage and revert."""

    reply: Reply = Reply.DONE


Event = Seen | Replied | Checked | Failed
Step = tuple["Course", Next | Outcome]


@dataclass(frozen=True, slots=True)
class Course:
    """Where a push is; opaque to the driver.

    touched: something may have been applied; ends: when rpcd takes it back; settled: when a
    confirm means something
    """

    order: Order
    name: str
    last: Act = Act.LOOK
    applies: int = 0
    tries: int = 0
    touched: bool = False
    ends: float | None = None
    settled: float = 0.0
    moved: bool = False
    wrong: str = ""
    after: Outcome | None = None  # when the staging is reverted, this is the end
    error: Failure | None = None


def begin(order: Order, name: str, *, resumed: bool = False) -> Step:
    """Return the first step; resumed: an earlier life of the driver may have applied."""
    return Course(order, name, touched=resumed), Next(Act.LOOK, anew=True)


def advance(course: Course, event: Event, now: float) -> Step:
    """Return what follows from an event at `now` (seconds of a monotonic clock)."""
    if isinstance(event, Failed):
        return _failed(course, event, now)
    course = replace(course, tries=0)
    if isinstance(event, Seen):
        return _seen(course, event.has, now)
    if isinstance(event, Checked):
        return _checked(course, event)
    return _replied(course, event.reply, now)


# --- what was seen -------------------------------------------------------------------------------


def _seen(course: Course, has: Has, now: float) -> Step:
    back = course.order.goal in (Goal.RESTORE, Goal.ABORT) or course.wrong
    if has is Has.OTHER:
        return _other(course, now)
    if has is Has.OLD:
        return _old(course, now)
    if course.ends is None:  # by an earlier life, or by somebody else; pending or not
        course = _window(replace(course, touched=True), now)
    if now >= (course.ends or 0.0) + RESTORE_S:
        if back:
            return course, Outcome(Fate.CONFIRMED, failure=_too_late(course))
        # With an apply of an earlier life its own confirm may have arrived: rpcd does not tell.
        return course, Outcome(Fate.CONFIRMED, note=UNASKED if course.applies else LEFT)
    if back:
        return _do(course, Act.ROLLBACK)
    if course.order.goal is Goal.STAGE:
        return course, Outcome(Fate.READY)
    return _do(course, Act.CHECK, after=max(0.0, course.settled - now), anew=True)


def _other(course: Course, now: float) -> Step:
    if not course.touched:
        return _revert(course, Outcome(Fate.REFUSED, failure=_others(course)))
    if course.wrong:  # and nothing pends that could be taken back
        return _revert(course, Outcome(Fate.UNKNOWN, failure=_others(course)))
    # A full flash leaves an empty file: as long as ours pends, rpcd has the old one.
    return _do(replace(course, wrong=NOT_AS_SENT), Act.ROLLBACK)


def _old(course: Course, now: float) -> Step:
    if course.order.goal is Goal.ABORT:
        return _revert(course, Outcome(Fate.NONE))
    if course.order.goal is Goal.RESTORE and not course.wrong:
        return _revert(course, Outcome(Fate.RESTORED))
    # Before the end of a window that began with our own apply, the old files say that it has not
    # arrived; with an earlier life's, that it may have been taken back: it is not repeated.
    over = course.ends is None or now >= course.ends or not course.applies
    if course.wrong or (course.touched and over) or course.applies >= APPLIES:
        return _revert(course, Outcome(Fate.RESTORED, failure=_taken_back(course)))
    if course.order.goal is Goal.CONFIRM:
        return _revert(course, Outcome(Fate.RESTORED, failure=_taken_back(course)))
    return _do(course, Act.STAGE)


def _checked(course: Course, event: Checked) -> Step:
    if event.wrong:
        return _do(replace(course, wrong=event.wrong), Act.ROLLBACK)
    if course.order.goal is Goal.COMMIT:
        return course, Outcome(Fate.READY)
    return _do(course, Act.CONFIRM)


def _replied(course: Course, reply: Reply, now: float) -> Step:
    if course.last is Act.STAGE:
        if course.order.goal is Goal.STAGE:
            return course, Outcome(Fate.STAGED)
        sent = replace(course, applies=course.applies + 1, touched=True)
        return _do(_window(sent, now), Act.APPLY)
    if course.last is Act.APPLY:
        return _applied(course, reply, now)
    if course.last is Act.CONFIRM and reply is Reply.DONE:
        return course, Outcome(Fate.CONFIRMED)
    if course.last is Act.REVERT:
        assert course.after is not None
        return course, course.after
    # Nothing pends (any more), or the change of another: the packages say what has become of ours.
    return _do(replace(course, ends=min(now, course.ends or now) - RESTORE_S), Act.LOOK)


def _applied(course: Course, reply: Reply, now: float) -> Step:
    course = replace(course, error=None)
    if reply is Reply.OTHERS:
        failure = Failure(
            Kind.BUSY,
            f"{course.name}: a change of somebody else waits for its confirm. Nothing was changed.",
            "Try again when it is confirmed or rolled back.",
        )
        return _revert(course, Outcome(Fate.REFUSED, failure=failure))
    if reply is Reply.NOTHING:  # the session has ended and its staging with it
        return _do(course, Act.LOOK)
    course = _window(course, now)
    if course.order.moves:
        course = replace(course, moved=True)
    return _do(course, Act.CHECK, after=course.order.settle_s + 1, anew=True)


def _failed(course: Course, event: Failed, now: float) -> Step:
    tries = course.tries + 1
    final = event.sent and event.error.kind in _FINAL
    course = replace(course, tries=tries, error=event.error.failure)
    if final and course.last in (Act.STAGE, Act.APPLY):  # said no to, so it was not done
        course = replace(course, ends=None, touched=False)
        return _revert(course, Outcome(Fate.REFUSED, failure=event.error.failure))
    if course.after is not None and not course.touched:
        return course, course.after
    if not course.touched and tries >= FIRST_TRIES:
        return course, Outcome(Fate.UNREACHED, failure=event.error.failure)
    if course.touched and course.ends is None:
        course = _window(course, now)
    over = course.ends is not None and now >= course.ends + RESTORE_S
    if course.ends is not None and now >= course.ends + course.order.grace_s:
        if course.after is not None:  # only the session's own staging is left to be dropped
            return course, course.after
        return course, Outcome(Fate.UNKNOWN, failure=_unknown(course))
    if course.order.moves:
        course = replace(course, moved=(tries % 2 == 0) is not over)
    act = Act.REVERT if course.after is not None else Act.LOOK
    return _do(course, act, after=PAUSE_S if over else pace(course.order)[1], anew=True)


# --- helpers -------------------------------------------------------------------------------------


def _do(course: Course, act: Act, *, after: float = 0.0, anew: bool = False) -> Step:
    attempt = pace(course.order)[0]
    return replace(course, last=act), Next(act, after, anew, course.moved, attempt)


def _revert(course: Course, end: Outcome) -> Step:
    """After a rollback the session's staging is back, and the next push would carry it along."""
    return _do(replace(course, after=end), Act.REVERT)


def _window(course: Course, now: float) -> Course:
    order = course.order
    return replace(course, ends=now + order.window_s, settled=now + order.settle_s + 1)


def _taken_back(course: Course) -> Failure:
    if course.wrong:
        kind, why, hint = Kind.CHANGED, course.wrong, "Correct the configuration, then push again."
    elif not course.applies:  # an earlier life may have applied it
        kind, why = Kind.UNKNOWN, "the engine was stopped before it had applied or confirmed it."
        hint = "Push again."
    else:
        kind, why = Kind.UNREACHABLE, "it could not be reached with the new one."
        hint = "The change cuts the way to it: look at addresses, firewall, port and logins."
        if course.error is not None and course.error.kind is Kind.DENIED:
            kind, why, hint = Kind.DENIED, course.error.sentence, course.error.hint
    sentence = f"{course.name} has taken the push back and has its old configuration: {why}"
    return Failure(kind, sentence, hint)


def _too_late(course: Course) -> Failure:
    return Failure(
        Kind.CHANGED,
        f"{course.name} keeps the new configuration: nothing pends there that could be taken back.",
        "Roll back to the configuration before it.",
    )


def _others(course: Course) -> Failure:
    return Failure(
        Kind.CHANGED,
        f"{course.name} has neither the old nor the new configuration: somebody else changed it.",
        "Read its configuration and plan again.",
    )


def _unknown(course: Course) -> Failure:
    reason = f" ({course.error.sentence})" if course.error else ""
    return Failure(
        Kind.UNKNOWN,
        f"{course.name} does not answer after the push{reason}",
        "rpcd takes back what is not confirmed, unless the device rebooted. When it answers again,"
        " read its configuration.",
    )
