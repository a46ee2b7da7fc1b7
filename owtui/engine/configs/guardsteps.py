"""What to do next in a guarded push: pure, so that each course of events can be replayed.

Whoever drives it begins with `begin`, does what `Next` says, and gives what came of it back with
the time of a clock that only goes forward:

    course, todo = begin(order, name)
    while not isinstance(todo, Outcome):
        course, todo = advance(course, await do(todo), clock())

Nothing has to be remembered but the id: a driver that was killed begins again, and since the first
act is always to ask the device, nothing is started twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from owtui.engine.configs.guard import Answer, Refusal, State, refused
from owtui.errors import DeviceError, Failure, Kind

ATTEMPT_S = 3.0
"""Connect and log in: longer than this, a device that could be reached has answered."""

LEAST_PAUSE_S = 0.3  # a port that refuses at once is not hammered
PAUSE_S = 2.0
ATTEMPTS = 8
"""Of these at least six fall into the window, whatever a detection takes (guarded-apply.md, 5)."""

RESTORE_S = 5.0
"""Contact is back 2 to 3 s after the deadline there."""

GRACE_S = 240.0
"""How long the fate of a push is asked for after its deadline: a slow boot is in it."""

UPLOADS = 3
FIRST_TRIES = 3


class Goal(StrEnum):
    """How far to go. All-or-none: STAGE everywhere, COMMIT together, then CONFIRM or RESTORE."""

    PUSH = "push"  # start, wait, check, confirm
    STAGE = "stage"  # all but the swap
    COMMIT = "commit"  # swap what is staged, wait, check; the confirm is for later
    CONFIRM = "confirm"
    RESTORE = "restore"
    ABORT = "abort"


class Fate(StrEnum):
    """What has become of a push."""

    CONFIRMED = "confirmed"
    RESTORED = "restored"  # the device has its old files; `answer.reason` says why
    REFUSED = "refused"  # by the guard, nothing was changed
    STAGED = "staged"
    READY = "ready"  # applied and checked, waits for CONFIRM or RESTORE
    NONE = "none"  # the device knows nothing of it and nothing was changed
    UNREACHED = "unreached"  # nothing was sent
    UNKNOWN = "unknown"  # no contact: it has been confirmed or taken back by itself


class Act(StrEnum):
    """What a driver can be told to do; each but UPLOAD and CHECK is a `guard.Verb`."""

    STATUS = "status"
    UPLOAD = "upload"  # start_line, or stage_line for Goal.STAGE, with the archive on stdin
    COMMIT = "commit"
    CHECK = "check"  # own checks over a new connection: files read back, uplink, address
    CONFIRM = "confirm"
    RESTORE = "restore"
    ABORT = "abort"


@dataclass(frozen=True, slots=True)
class Order:
    """One push as it was decided. `moves`: the device changes its address on purpose."""

    goal: Goal
    window_s: float
    settle_s: float
    moves: bool = False
    grace_s: float = GRACE_S
    reason: str = "request"  # a word that the device records with a restore


@dataclass(frozen=True, slots=True)
class Next:
    """Do `act` after `after_s` seconds.

    anew: over a new connection (TCP and login), to be had within `connect_s`
    moved: at the address that the push gives the device, else at the one it had
    reason: for RESTORE
    """

    act: Act
    after_s: float = 0.0
    anew: bool = True
    moved: bool = False
    connect_s: float = ATTEMPT_S
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end. `failure` says in words why it is not what was wanted, None when it is.

    note: what is to be known of an end that was wanted
    """

    fate: Fate
    answer: Answer | None = None
    failure: Failure | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """The device answered, whatever was asked."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer. `sent`: the command may have arrived (False: the connection was not made)."""

    error: DeviceError
    sent: bool = True


@dataclass(frozen=True, slots=True)
class Checked:
    """What the own checks found: "" or the sentence that says what is wrong."""

    wrong: str = ""


Event = Answered | Failed | Checked
Step = tuple["Course", Next | Outcome]


@dataclass(frozen=True, slots=True)
class Course:
    """Where a push is, as far as we know; opaque to the driver.

    ends: when the device acts by itself, None before anything is known of a deadline
    gives_up: when we stop asking
    """

    order: Order
    name: str
    last: Act = Act.STATUS
    uploads: int = 0
    tries: int = 0
    touched: bool = False
    ends: float | None = None
    gives_up: float | None = None
    moved: bool = False
    wrong: str = ""
    error: Failure | None = None

    @property
    def goal(self) -> Goal:
        return self.order.goal


def pace(order: Order) -> tuple[float, float]:
    """Seconds for one attempt and between two, so that ATTEMPTS of them fit into the window."""
    slot = (order.window_s - order.settle_s) / ATTEMPTS
    attempt = max(0.5, min(ATTEMPT_S, slot))
    return attempt, max(LEAST_PAUSE_S, min(PAUSE_S, slot - attempt))


def begin(order: Order, name: str, *, resumed: bool = False) -> Step:
    """Return the first step; `name` is the device's, for sentences.

    resumed: an earlier life of the driver may have sent something, so silence proves nothing
    """
    course = Course(order, name, touched=resumed)
    return course, Next(Act.STATUS, connect_s=ATTEMPT_S)


def advance(course: Course, event: Event, now: float) -> Step:
    """Return what follows from an event at `now` (seconds of a monotonic clock)."""
    if isinstance(event, Failed):
        return _failed(course, event, now)
    if isinstance(event, Checked):
        return _checked(course, event, now)
    course = replace(course, tries=0, error=None)
    if event.answer.refusal:
        return _refused(course, event.answer, now)
    assert event.answer.state is not None
    return _STATES[event.answer.state](course, event.answer, now)


# --- what the device said ------------------------------------------------------------------------


def _none(course: Course, answer: Answer, now: float) -> Step:
    if course.goal in (Goal.PUSH, Goal.STAGE) and not course.wrong:
        if course.uploads < UPLOADS:
            sent = replace(course, uploads=course.uploads + 1, touched=True)
            return _do(sent, Act.UPLOAD, now, anew=False, deadline=course.order.window_s)
        return course, Outcome(Fate.NONE, answer, course.error or _gone(course))
    wanted = course.goal is Goal.ABORT
    return course, Outcome(Fate.NONE, answer, None if wanted else _gone(course))


def _staged(course: Course, answer: Answer, now: float) -> Step:
    if course.goal is Goal.STAGE:
        return course, Outcome(Fate.STAGED, answer)
    if course.goal in (Goal.ABORT, Goal.RESTORE):
        return _do(course, Act.ABORT, now, anew=False)
    if course.last is Act.COMMIT and course.uploads >= UPLOADS:
        return course, Outcome(Fate.STAGED, answer, course.error or _gone(course))
    sent = replace(course, uploads=course.uploads + 1, touched=True)
    return _do(sent, Act.COMMIT, now, anew=False, deadline=course.order.window_s)


def _started(course: Course, answer: Answer, now: float) -> Step:
    return _do(course, Act.STATUS, now, after=course.order.settle_s + 1)


def _pending(course: Course, answer: Answer, now: float) -> Step:
    course = _until(course, answer, now)
    if course.goal in (Goal.ABORT, Goal.RESTORE):
        return _do(course, Act.RESTORE, now, anew=False)
    return _do(course, Act.STATUS, now, after=max(0.5, pace(course.order)[1]))


def _applied(course: Course, answer: Answer, now: float) -> Step:
    course = _until(course, answer, now)
    if course.goal in (Goal.ABORT, Goal.RESTORE):
        return _do(course, Act.RESTORE, now, anew=False)
    if course.goal is Goal.CONFIRM:
        return _do(course, Act.CONFIRM, now, anew=False)
    if course.goal is Goal.STAGE:  # somebody has committed it
        return course, Outcome(Fate.READY, answer)
    return _do(course, Act.CHECK, now)


def _restoring(course: Course, answer: Answer, now: float) -> Step:
    course = replace(course, ends=now)
    return _do(course, Act.STATUS, now, after=1.0)


def _restored(course: Course, answer: Answer, now: float) -> Step:
    wanted = course.goal in (Goal.RESTORE, Goal.ABORT) and not course.wrong
    return course, Outcome(Fate.RESTORED, answer, None if wanted else _taken_back(course, answer))


def _confirmed(course: Course, answer: Answer, now: float) -> Step:
    late = course.goal in (Goal.RESTORE, Goal.ABORT)
    failure = Failure(
        Kind.CHANGED,
        f"{course.name} has its new configuration for good: it was confirmed already.",
        "Roll back to the configuration before it.",
    )
    return course, Outcome(Fate.CONFIRMED, answer, failure if late else None)


_STATES: dict[State, Callable[[Course, Answer, float], Step]] = {
    State.NONE: _none,
    State.STAGED: _staged,
    State.STARTED: _started,
    State.PENDING: _pending,
    State.NOTYET: _pending,
    State.APPLIED: _applied,
    State.RESTORING: _restoring,
    State.RESTORED: _restored,
    State.CONFIRMED: _confirmed,
}


def _refused(course: Course, answer: Answer, now: float) -> Step:
    error = refused(answer, course.name).failure
    again = answer.refusal in (Refusal.BUSY, Refusal.UPLOAD) and course.uploads < UPLOADS
    if again and course.last is Act.UPLOAD:
        # The one that is at work may be our own, of a connection that was lost.
        return _do(replace(course, error=error), Act.STATUS, now, after=PAUSE_S, anew=False)
    return course, Outcome(Fate.REFUSED, answer, error)


# --- what we found -------------------------------------------------------------------------------


def _checked(course: Course, event: Checked, now: float) -> Step:
    if event.wrong:
        order = replace(course.order, goal=Goal.RESTORE, reason="check")
        return _do(replace(course, order=order, wrong=event.wrong), Act.RESTORE, now, anew=False)
    if course.goal is Goal.COMMIT:
        return course, Outcome(Fate.READY)
    return _do(course, Act.CONFIRM, now, anew=False)


def _failed(course: Course, event: Failed, now: float) -> Step:
    tries = course.tries + 1
    course = replace(course, tries=tries, error=event.error.failure)
    if not course.touched and tries >= FIRST_TRIES:
        return course, Outcome(Fate.UNREACHED, failure=event.error.failure)
    if course.touched and course.gives_up is None:
        # Begun by an earlier life of ours, at the latest now.
        course = _deadline(course, now + course.order.window_s)
    if course.gives_up is not None and now >= course.gives_up:
        return course, Outcome(Fate.UNKNOWN, failure=_unknown(course))
    over = course.ends is not None and now >= course.ends + RESTORE_S
    if course.order.moves:
        # Within the window first where it should be, later first where it was; then in turns.
        course = replace(course, moved=(tries % 2 == 0) is not over)
    # A lost answer is asked for, not the act repeated: whether it was done the device knows best.
    return _do(course, Act.STATUS, now, after=PAUSE_S if over else pace(course.order)[1])


# --- helpers -------------------------------------------------------------------------------------


def _do(
    course: Course,
    act: Act,
    now: float,
    *,
    after: float = 0.0,
    anew: bool = True,
    deadline: float | None = None,
) -> Step:
    if deadline is not None:
        course = _deadline(course, now + deadline)
    if course.order.moves and act is Act.STATUS and course.last in (Act.UPLOAD, Act.COMMIT):
        course = replace(course, moved=True)
    if course.gives_up is not None and now >= course.gives_up and act is Act.STATUS:
        return course, Outcome(Fate.UNKNOWN, failure=_unknown(course))
    course = replace(course, last=act)
    reason = course.order.reason if act is Act.RESTORE else ""
    return course, Next(act, after, anew, course.moved, pace(course.order)[0], reason)


def _deadline(course: Course, ends: float) -> Course:
    return replace(course, ends=ends, gives_up=ends + course.order.grace_s)


def _until(course: Course, answer: Answer, now: float) -> Course:
    return course if answer.left_s is None else _deadline(course, now + answer.left_s)


def _taken_back(course: Course, answer: Answer) -> Failure:
    if course.wrong:
        words, hint = course.wrong, "Correct the configuration, then push again."
    else:
        words, hint = _REASONS.get(answer.reason, (f"({answer.reason or 'no reason'})", ""))
    sentence = f"{course.name} has taken the push back and has its old configuration: {words}"
    return Failure(_KINDS.get(answer.reason, Kind.UNREACHABLE), sentence, hint)


_KINDS = {"request": Kind.CHANGED, "others": Kind.CANCELLED}
_REASONS = {
    "deadline": (
        "it could not be reached with the new one.",
        "The change cuts the way to it: look at addresses, firewall, port and logins.",
    ),
    "reboot": ("it rebooted before the confirm.", "Find out why, then push again."),
    "unknown": ("it could not write down why.", "Its flash was full: see what filled it."),
    "swap": ("a file could not be replaced.", "Look into its log for errors of the flash."),
    "request": ("somebody asked for it.", "Ask who, then push again."),
    "others": (
        "another device of the job failed.",
        "All or none: see why the other one failed, then push again.",
    ),
}


def _gone(course: Course) -> Failure:
    return Failure(
        Kind.CHANGED,
        f"{course.name} knows nothing of this push and has changed nothing for it.",
        "Read its configuration and plan again.",
    )


def _unknown(course: Course) -> Failure:
    reason = f" ({course.error.sentence})" if course.error else ""
    return Failure(
        Kind.UNKNOWN,
        f"{course.name} does not answer after the push{reason}",
        "It takes back by itself what is not confirmed. When it answers again, read its"
        " configuration to see which one it has.",
    )
