"""Run a shell command on every device, at most once: what it does is not ours to know.

The output is kept as OpenWISP keeps it (control.md §5.3): standard output, standard error, and a
line about an exit code that is not zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from owtui.engine.actions.base import FanOut, Judgement, Outcome, Param, Registrar, Task
from owtui.engine.actions.openwisp import SCHEMAS
from owtui.engine.jobs.plan import Verdict
from owtui.engine.transport.base import CommandResult
from owtui.errors import DeadlineError, Failure, Kind
from owtui.units import bytes_text
from storage.rows import DeviceRow


class RunCommand(FanOut):
    """`owtui run`, `x` and `!` in the console."""

    id = "run_command"
    title = "Run a command"
    help = "Run a shell command and collect what it prints"
    letter = "x"
    params = (
        Param("command", "Command", help="a line for the device's shell (ash)"),
        Param("timeout_s", "Deadline in seconds", "float", required=False),
    )
    schema = {  # noqa: RUF012  # read only
        **SCHEMAS["custom"],
        "properties": {
            **SCHEMAS["custom"]["properties"],
            "timeout_s": {"type": "number", "minimum": 0.1, "maximum": 3600},
        },
    }

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """Any device that can be reached runs it."""
        return Judgement(Verdict.CHANGE, commands=(params["command"],))

    async def call(self, task: Task) -> Outcome:
        """Run it once, within its deadline; the transport ends it on the device after that."""
        command = task.params["command"]
        timeout_s = task.params.get("timeout_s") or task.timeout_s
        return await run_line(task, command, timeout_s, shown=command)


async def run_line(task: Task, line: str, timeout_s: float, *, shown: str) -> Outcome:
    """Run a line on a task's device; `shown` is the line as it may be told, without secrets."""
    async with task.router() as router:
        try:
            result = await router.exec(line, timeout=timeout_s)
        except DeadlineError as error:
            return _late(error, timeout_s)
    return outcome_of(shown, result)


def outcome_of(command: str, result: CommandResult) -> Outcome:
    """The result of a command in OpenWISP's form."""
    parts = [result.text, result.stderr.decode("utf-8", "replace")]
    failure = None
    if not result.ok:
        said = f'Command "{command}" returned non-zero exit code: {result.exit_status}'
        parts.append(said)
        failure = Failure(Kind.COMMAND, said, "The output says why.")
    note = ""
    if result.cut:
        kept = bytes_text(len(result.stdout) + len(result.stderr))
        note = f"output cut, {kept} are kept"
        parts.append(f"Output cut: the command printed more than the {kept} above.")
    return Outcome(
        output=_joined(parts), exit_status=result.exit_status, note=note, failure=failure
    )


def _late(error: DeadlineError, timeout_s: float) -> Outcome:
    """What a command had printed when its time was over, and that in OpenWISP's words."""
    failure = Failure(
        Kind.TIMEOUT,
        f"The command took longer than expected: connection timed out after {timeout_s:g}s.",
        error.hint or "Give it more time, or look at the device.",
    )
    return Outcome(output=_joined([error.printed.decode("utf-8", "replace")]), failure=failure)


def _joined(parts: Iterable[str]) -> str:
    """Each part that is not empty, ended by one newline."""
    return "".join(f"{part.rstrip(chr(10))}\n" for part in parts if part.strip("\n"))


def register(registry: Registrar) -> None:
    """See actions.registry."""
    registry.add(RunCommand())
