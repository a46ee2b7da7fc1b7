"""One bulk action is one file with one class: what it asks for, what it would do, how it does it.

Three kinds. `Change` alters devices in durable steps, each safe to repeat: look first, act second.
`FanOut` is one at-most-once call a device. `InventoryChange` alters only what we remember, in one
audited transaction. Palette, `a` menu, CLI and contract tests read the registry.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol
from uuid import UUID

from sqlmodel import Session

from owtui.engine.firmware.boards import Boards
from owtui.engine.firmware.store import FirmwareStore
from owtui.engine.jobs.company import Company
from owtui.engine.jobs.plan import Verdict
from owtui.engine.jobs.state import ResultState
from owtui.engine.openwrt.router import Router
from owtui.engine.openwrt.ubusdoor import UbusDoor
from owtui.engine.transport.base import Login
from owtui.engine.transport.ubus import UbusSession
from owtui.errors import Failure
from storage.rows import DeviceRow
from storage.secrets import Secret, Vault

ParamKind = Literal["text", "int", "float", "bool", "choice", "file", "secret"]


@dataclass(frozen=True, slots=True)
class Param:
    """One thing an action asks for; forms, `-p name=value` and help are made from it.

    `file` parameters hold a stored upload (see jobs.uploads) and `secret` ones never enter a plan.
    """

    name: str
    title: str
    kind: ParamKind = "text"
    required: bool = True
    default: Any = None
    choices: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an action says of one device, from recorded facts alone."""

    verdict: Verdict
    reason: str = ""
    diff: str = ""
    commands: tuple[str, ...] = ()
    stands_on: str = ""  # digests what a masked diff cannot show; see PlanRow.base


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one device. Never raised, always returned or recorded.

    `failure` is for what ran to its end and went wrong, so that output and reason are both kept.
    """

    changed: bool | None = None
    output: str = ""
    diff: str = ""
    exit_status: int | None = None
    note: str = ""  # e.g. "back after 42 s"
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """Our own records as a verdict may read them: one snapshot, and the key to what is sealed.

    `secrets` are the job's, for `apply` alone: a plan is made before they are given.
    """

    session: Session
    vault: Vault
    secrets: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    boards: Callable[[], Boards] = Boards.load  # which models images are for


class Transact(Protocol):
    """`Database.awrite`: runs a function in one transaction of our own database."""

    async def __call__(self, fn: Callable[[Session], Any], /) -> Any: ...


class RunChecks(Protocol):
    """Run checks of the task's device and keep what they find; () for all that are active.

    A `{"type", "ok", "text"}` for each: whether it could find out, and what, in words.
    """

    async def __call__(self, types: Sequence[str], /) -> list[dict[str, Any]]: ...


class TellPeople(Protocol):
    """Tell people of the task's device, in the transaction of what is told: a type of
    notifications.types and what its texts want. Told again in this job it is the same."""

    def __call__(self, session: Session, type: str, /, **data: Any) -> None: ...


@dataclass(slots=True)
class Task:
    """One device within a running job, as a step sees it.

    `memo` holds what earlier steps returned (JSON values only; it survives a restart). `router`
    opens the device; `login` opens a fresh connection with one login and nothing else, which is
    how a new password or key is proven. `report` shows progress within a step; `clock` is seconds
    since the epoch, which outlive a restart, and `sleep` waits on it, both injected.
    """

    job_id: UUID
    device_id: UUID
    device: str
    params: Mapping[str, Any]
    router: Callable[[], AbstractAsyncContextManager[Router]]
    at: Callable[[str, int], AbstractAsyncContextManager[Router]]  # address and port, 0: the same
    login: Callable[[Login], AbstractAsyncContextManager[Router]]
    ssh: Callable[[], AbstractAsyncContextManager[Router]]  # over SSH alone
    session: Callable[[], AbstractAsyncContextManager[UbusSession]]  # the shared one, over HTTP
    ubus: Callable[[], Awaitable[UbusDoor]]  # its ubus alone, whatever is preferred
    secret: Callable[[str], Awaitable[Secret]]
    checks: RunChecks
    tell: TellPeople
    company: Company  # those that go with it, where they go all or none
    forget: Callable[[], Awaitable[None]]  # drop pooled connections to this device
    transact: Transact
    vault: Vault
    report: Callable[[str], None]
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    cancelled: Callable[[], Awaitable[bool]]  # whether somebody has cancelled the job
    pass_return: Callable[[], Awaitable[bool]]  # False: cancelled before; see jobs.noreturn
    images: FirmwareStore
    boards: Callable[[], Boards]
    timeout_s: float = 30.0  # for a command, where the parameters say nothing
    memo: dict[str, Any] = field(default_factory=dict)


class Action(ABC):
    """What all three kinds declare."""

    id: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str] = ""
    letter: ClassVar[str] = ""  # in the `a` menu
    params: ClassVar[tuple[Param, ...]] = ()
    schema: ClassVar[Mapping[str, Any] | None] = None  # JSON schema of the parameters, or derived
    changes: ClassVar[bool] = True  # vanishes in read-only mode
    guarded: ClassVar[bool] = False  # asks for the fleet's name whatever the number
    seconds: ClassVar[float] = 2.0  # a first estimate for one device

    def heading(self, params: Mapping[str, Any]) -> str:
        """What a job with these parameters is called in lists, before “on 30 devices”."""
        return self.title

    def fix(self, params: Mapping[str, Any], now: datetime) -> Mapping[str, Any]:
        """Make absolute what is said in relation to now; done once, when a plan is made.

        Raises InputError for a time that cannot be.
        """
        return params

    def again(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """The parameters of a retry, without what held for the first time only."""
        return params

    def not_before(self, params: Mapping[str, Any]) -> datetime | None:
        """When its devices may begin; None: at once."""
        return None

    def check(self, params: Mapping[str, Any]) -> None:
        """Refuse parameters that fit the schema and still make no sense. Raises InputError."""

    def check_secret(self, name: str, value: str) -> None:
        """The same for a secret parameter, which comes later. Raises InputError without it."""

    def asks(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        """The secret parameters that a plan with these parameters needs, by name."""
        return tuple(param.name for param in self.params if param.kind == "secret")

    def recall(
        self, records: Records, rows: Sequence[DeviceRow], params: Mapping[str, Any]
    ) -> Mapping[UUID, Any]:
        """Read from our own records what `verdict` needs of a device beyond its row.

        Raises InputError when the parameters name something that is not there.
        """
        return {}

    def judge(self, row: DeviceRow, params: Mapping[str, Any], known: Any = None) -> Judgement:
        """Say what would happen to this device; pure and quick. `known` is from `recall`."""
        if row.is_deactivated:
            return Judgement(Verdict.BLOCKED, "Device is deactivated.")
        if row.host_key == "changed":
            return Judgement(Verdict.BLOCKED, "Its host key changed: accept the new one first.")
        if not row.connections:
            return Judgement(Verdict.BLOCKED, "Device has no credentials assigned.")
        return self.verdict(row, params, known)

    @abstractmethod
    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """The action's own part of `judge`."""

    def together(self, params: Mapping[str, Any]) -> bool:
        """Whether its devices go at once, all or none of them, instead of in waves."""
        return False

    def base(self, row: DeviceRow) -> str:
        """What the verdict stands on beyond itself: when it moves, the plan is out of date."""
        return ""


class Change(Action):
    """Alters devices; runs as a durable workflow of `steps`, in order."""

    steps: ClassVar[tuple[str, ...]]
    step_deadline_s: ClassVar[float] = 300.0  # for one step of one device, waiting included
    exclusive: ClassVar[bool] = False  # a device is in one job of it that is not over, at most
    windowed: ClassVar[bool] = False  # waits for the window of the device's group
    too_late: ClassVar[str] = ""  # why it is not cancelled once all are past `Task.pass_return`

    @abstractmethod
    async def step(self, name: str, task: Task) -> Any:
        """Do one step; repeating it has no second effect. Returns a JSON value for `task.memo`.

        Raises DeviceError, which ends this device as failed.
        """

    @abstractmethod
    def outcome(self, task: Task) -> Outcome:
        """Read the result off `task.memo` once all steps are done."""

    def told(self, step: str, text: str) -> str:
        """What a face shows of a step under way; `text` is what it reported, "" at its begin."""
        return f"{step}: {text}" if text else step

    def puts_off(self, failure: Failure, params: Mapping[str, Any], devices: int) -> bool:
        """Whether a device that failed so before `Task.pass_return` is tried again, for days.

        `devices`: how many the job is to change.
        """
        return False

    def dice(self) -> float:
        """0 to 1: spreads what would else happen at once."""
        return 0.5

    def fate(self, failure: Failure) -> ResultState:
        """What a device that failed with this counts as."""
        return ResultState.FAILED


class FanOut(Action):
    """One call a device, at most once: a crash in the middle leaves `unknown`, never a repeat."""

    @abstractmethod
    async def call(self, task: Task) -> Outcome:
        """Do it. Raises DeviceError."""


class InventoryChange(Action):
    """Alters rows of ours only."""

    def judge(self, row: DeviceRow, params: Mapping[str, Any], known: Any = None) -> Judgement:
        """Nothing is sent, so reachability and credentials do not matter."""
        return self.verdict(row, params, known)

    @abstractmethod
    def apply(
        self, records: Records, row: DeviceRow, params: Mapping[str, Any], by: str
    ) -> Outcome:
        """Write it within the job's one transaction; `by` is the operator."""

    def apply_all(
        self, records: Records, rows: Sequence[DeviceRow], params: Mapping[str, Any], by: str
    ) -> Mapping[UUID, Outcome] | None:
        """Write all of them where one by one takes too long; None: `apply` is called for each."""
        return None


class Registrar(Protocol):
    """What a module's `register` is given."""

    def add(self, action: Action) -> None:
        """Take an action in; a second one of the same id is an error."""
        ...
