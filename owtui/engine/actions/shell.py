"""Actions of the settings: a shell line of the user's own, run on devices like `run_command`.

At most once a device, with a plan, under its own name in jobs and audit. Values enter the line
quoted, each as one word; a secret is in the line that is sent and in no text that is kept.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Any

from owtui.custom import CustomAction, CustomParam
from owtui.engine.actions.base import FanOut, Judgement, Outcome, Param, ParamKind, Task
from owtui.engine.actions.run_command import run_line
from owtui.engine.jobs.plan import Verdict
from owtui.engine.openwrt.quoting import quote
from owtui.errors import InputError
from storage.rows import DeviceRow

MASK = "********"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_KINDS: Mapping[str, ParamKind] = {"number": "float", "choice": "choice", "secret": "secret"}


class ShellAction(FanOut):
    """One `[action.NAME]` of the settings; `made` gives each its class."""

    custom: CustomAction

    def check(self, params: Mapping[str, Any]) -> None:
        """A value is one line of text, or a number that can be written."""
        for name, value in params.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise InputError(f"{name} must be a number, not {value}.")
            if isinstance(value, str) and _CONTROL.search(value):
                raise InputError(f"{name} must be one line without control characters.")

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """Any device that can be reached runs it."""
        return Judgement(Verdict.CHANGE, commands=(self.line(params),))

    async def call(self, task: Task) -> Outcome:
        """Run it once, within its deadline."""
        names = [param.name for param in self.params if param.kind == "secret"]
        secrets = {name: (await task.secret(name)).reveal() for name in names}
        if any(_CONTROL.search(text) for text in secrets.values()):
            raise InputError("A secret must be one line without control characters.")
        return await run_line(
            task,
            self.line(task.params, secrets),
            self.custom.timeout_s or task.timeout_s,
            shown=self.line(task.params),
        )

    def line(self, params: Mapping[str, Any], secrets: Mapping[str, str] | None = None) -> str:
        """The line as it is sent; without secrets as it is shown."""
        words = {param.name: MASK for param in self.params if param.kind == "secret"}
        words |= {name: quote(_text(value)) for name, value in params.items()}
        words |= {name: quote(value) for name, value in (secrets or {}).items()}
        return self.custom.template.fill(words)


def made(customs: Collection[CustomAction]) -> list[ShellAction]:
    """An action for each of the settings."""
    return [_class(custom)() for custom in customs]


def _class(custom: CustomAction) -> type[ShellAction]:
    told = {
        "id": custom.id,
        "title": custom.title,
        "help": custom.help,
        "params": tuple(map(_param, custom.params)),
        "changes": custom.changes,
        "custom": custom,
        "__doc__": custom.help,
    }
    return type(f"Own_{custom.id}", (ShellAction,), told)


def _param(given: CustomParam) -> Param:
    return Param(
        given.name,
        given.title,
        _KINDS.get(given.kind, "text"),
        required=given.default is None,
        default=given.default,
        choices=given.choices,
        help=given.help,
    )


def _text(value: Any) -> str:
    """As it is written in a command line: 5.0 is 5."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
