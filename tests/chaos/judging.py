"""The verdict on one push: the device is asked itself, and what the job says must agree."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from owtui.engine.configs.guard import State, Verb, lost_folder
from owtui.engine.jobs.result import Result
from owtui.errors import Kind
from tests.chaos.arena import Content
from tests.chaos.injecting import RIVAL, RIVAL_FILE, Attack
from tests.chaos.routers import KEPT, Tree
from tests.chaos.scenario import Injection, Scenario

POWER = (Injection.POWER, Injection.POWER_WRITE, Injection.REBOOT)


class Has(StrEnum):
    """Which configuration a device has."""

    OLD = "old"
    NEW = "new"
    HALF = "half"


class Fault(StrEnum):
    """What must not be."""

    LOST = "lost"  # no fresh login
    HALF = "half"  # neither the complete old nor the complete new configuration
    DISAGREES = "disagrees"  # the job, or the guard's record, says something else than is so
    LEFT = "left over"  # a guard, a staged file, or a colleague's work that is gone


@dataclass(frozen=True, slots=True)
class Verdict:
    """One push. `end` is confirmed, restored or refused; `faults` with what was seen.

    swept_later: a power cut at the end left the guard's folder, which the next push removes
    """

    scenario: Scenario
    hit: bool
    end: str
    faults: tuple[tuple[Fault, str], ...] = ()
    said: str = ""
    swept_later: bool = False

    def has(self, fault: Fault) -> bool:
        left = fault is Fault.LEFT and self.swept_later
        return left or any(found is fault for found, _ in self.faults)


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one push when it is over."""

    attack: Attack
    before: Tree
    wanted: Content
    result: Result


OLD_WORDS = (
    "has taken the push back",
    "Nothing was changed",
    "has changed nothing",
    "is as it was",
    "no longer runs what the plan was made from",
    "is no longer what the plan was made from",
)
NEW_WORDS = ("was confirmed",)
NO_WORD = "does not answer after the push"
AWAY = (Kind.UNREACHABLE, Kind.REFUSED, Kind.TIMEOUT, Kind.LOST)


def _claim(result: Result) -> Has | None:
    """Which configuration the job says a device has; None where it does not know.

    A device that is merely away has had nothing sent: whatever fails later says so.
    """
    sentence = result.error.sentence if result.error else ""
    if result.ok or any(words in sentence for words in NEW_WORDS):
        return Has.NEW
    away = result.error is not None and result.error.kind in AWAY and NO_WORD not in sentence
    return Has.OLD if away or any(words in sentence for words in OLD_WORDS) else None


async def judge(case: Case) -> Verdict:
    """Ask the device, past its guard and over a fresh login; then compare."""
    router, trace = case.attack.router, case.attack.trace
    faults: list[tuple[Fault, str]] = []
    if not await router.comes_back():
        faults.append((Fault.LOST, "no fresh login"))
    left = [] if await router.quiet() else router.leftovers()
    # The push is decided when the boot guard is gone. Its folder goes after that, and nothing
    # reads what a power cut in between leaves of it: the next push sweeps it first.
    swept_later = left == [KEPT] and case.attack.scenario.injection in POWER
    if left and not swept_later:
        faults.append((Fault.LEFT, f"left: {', '.join(left)}"))
    has, odd = which(case)
    if has is Has.HALF:
        faults.append((Fault.HALF, f"differs from old and new: {', '.join(odd[:6])}"))
    faults.extend(_edits(case))
    end = await _end(case)
    faults.extend(_disagreements(case, has, end))
    error = case.result.error
    said = error.sentence if error else case.result.step
    return Verdict(case.attack.scenario, trace.hit, end, tuple(faults), said, swept_later)


def which(case: Case) -> tuple[Has, list[str]]:
    """Which configuration all of /etc is, but for what others have changed on purpose."""
    now, trace = case.attack.router.etc(), case.attack.trace
    foreign = set(trace.edited)
    if trace.rival is State.CONFIRMED:
        foreign.add(RIVAL_FILE)
    paths = {*now, *case.before, *case.wanted} - foreign
    old = [path for path in paths if now.get(path) != case.before.get(path)]
    new = [path for path in paths if not _is_new(path, now, case)]
    if not old:
        return Has.OLD, []
    if not new:
        return Has.NEW, []
    odd = [f"{path} (not old)" for path in sorted(old)]
    return Has.HALF, odd + [f"{path} (not new)" for path in sorted(new)]


def _is_new(path: str, now: Tree, case: Case) -> bool:
    if path not in case.wanted:
        return now.get(path) == case.before.get(path) or path in _parents(case.wanted)
    found = now.get(path)
    return (found[1] if found else None) == case.wanted[path]


def _parents(wanted: Content) -> set[str]:
    found = set()
    for path in wanted:
        while path := path.rpartition("/")[0]:
            found.add(path)
    return found


def _edits(case: Case) -> list[tuple[Fault, str]]:
    """A colleague's commit is in its file, or kept aside by the restore."""
    router, trace = case.attack.router, case.attack.trace
    faults = []
    for path, note in trace.edited.items():
        aside = [lost_folder(id_) + path for id_ in (case.attack.push_id, RIVAL)]
        if not any(note in (router.read(at) or b"") for at in (path, *aside)):
            faults.append((Fault.LEFT, f"his edit of {path} is gone"))
    return faults


async def _end(case: Case) -> str:
    """What the guard remembers of this push."""
    answer = await case.attack.router.ask(Verb.STATUS, case.attack.push_id)
    if answer is None or answer.state is None:
        return "?"
    return "refused" if answer.state is State.NONE else answer.state.value


def _disagreements(case: Case, has: Has, end: str) -> list[tuple[Fault, str]]:
    result, trace = case.result, case.attack.trace
    sentence = result.error.sentence if result.error else ""
    claim = _claim(result)
    faults = []
    if has is not Has.HALF and claim is not has:
        said = "success" if result.ok else sentence
        faults.append((Fault.DISAGREES, f"the device has the {has} one, the job says: {said}"))
    if not result.state.is_over:
        faults.append((Fault.DISAGREES, f"the job leaves it {result.state}"))
    wanted = {Has.NEW: ("confirmed",), Has.OLD: ("restored", "refused")}.get(has, (end,))
    if end not in wanted and trace.rival is not State.CONFIRMED:
        faults.append((Fault.DISAGREES, f"the device has the {has} one, its guard says: {end}"))
    told = {state for state in trace.asked if state is not None}
    if State.CONFIRMED in told and (has is Has.OLD or told - {State.CONFIRMED, State.NOTYET}):
        faults.append((Fault.DISAGREES, f"others were told {told}, the device has the {has} one"))
    return faults
