"""What every command stands on: options, settings, output, and an engine while it is needed."""

from __future__ import annotations

import asyncio
import functools
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from owtui import settings
from owtui.cli.globals import Globals
from owtui.cli.output import Output
from owtui.errors import BlockedError, InputError

if TYPE_CHECKING:
    from owtui.engine.engine import Engine, Role
    from owtui.engine.selection import Selection


@dataclass(frozen=True, slots=True)
class Face:
    """The command line as the engine's client."""

    globals: Globals
    loaded: settings.Loaded
    output: Output

    @classmethod
    def of(cls, options: Globals) -> Face:
        """Read the settings. Raises InputError."""
        loaded = options.load()
        chosen = loaded.settings
        output = Output(
            json=options.json,
            json_lines=options.json_lines,
            color=chosen.color and sys.stdout.isatty(),
            ascii=chosen.ascii,
        )
        return cls(options, loaded, output)

    @asynccontextmanager
    async def engine(self, role: Role | None = None) -> AsyncIterator[Engine]:
        """An engine that attaches (the default), or must hold the lease."""
        # 0.5 s of imports, wanted only by commands that reach the database.
        from owtui import log
        from owtui.engine.engine import Engine, Role
        from owtui.operator import whoami

        chosen = self.loaded.settings
        log.start(self.loaded.paths.state, chosen.log_level)
        # A name from the environment counts on our own file: nobody else is fooled by it.
        operator = whoami("cli", private=not chosen.database)
        engine = await Engine.start(self.loaded, operator, role or Role.ATTACH, ask=_asker())
        try:
            yield engine
        finally:
            await engine.close()

    def permit(self, what: str) -> None:
        """Raise BlockedError where this fleet is opened read-only: `what` would change it."""
        if self.loaded.settings.read_only:
            raise BlockedError(
                f"{what} is refused: this fleet is opened read-only.",
                "Start with --write, or choose another fleet.",
            )

    def select(
        self, engine: Engine, words: tuple[str, ...], everything: bool | None = None
    ) -> Selection:
        """The devices a FILTER means, or all.

        With `everything` (the value of --all) some must be found, and who gives neither FILTER nor
        --all, or both, is refused: InputError.
        """
        text = " ".join(words).strip()
        if everything is False and not text:
            raise InputError(
                "Which devices? Give a FILTER, or --all for every one.",
                "`owtui devices FILTER` shows what a filter selects.",
            )
        if everything and text:
            raise InputError(f"Which devices: those of {text}, or --all?", "Give one of the two.")
        found = engine.select(text)
        if not found.ids and everything is not None:
            raise InputError(*_nothing(text))
        if not found.ids:
            self.output.talk(" ".join(_nothing(text)))
        return found


def _nothing(text: str) -> tuple[str, str]:
    if text:
        return f"No device matches {text}.", "`owtui devices` lists them all."
    return "There are no devices yet.", "Add one with `owtui devices add`, or try `owtui demo`."


def _asker() -> Callable[[str], str] | None:
    """How a passphrase is asked for, unseen and on stderr; None without a terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def ask(question: str) -> str:
        typed: str = click.prompt(
            question.rstrip(": "),
            hide_input=True,
            confirmation_prompt=question.startswith("New"),
            default="",
            show_default=False,
            err=True,
        )
        return typed

    return ask


def command(
    function: Callable[..., Coroutine[Any, Any, int | None]],
) -> Callable[..., None]:
    """Run an async command to its end; what it returns is the exit code.

    SIGTERM and a closed terminal cancel it as Ctrl-C does, so that what it started is ended.
    """

    async def run_cancellable(face: Face, *args: Any, **kwargs: Any) -> int | None:
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        return await function(face, *args, **kwargs)

    @click.pass_obj
    @functools.wraps(function)
    def run(face: Face, *args: Any, **kwargs: Any) -> None:
        try:
            code = asyncio.run(run_cancellable(face, *args, **kwargs))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
        if code:
            raise click.exceptions.Exit(code)

    return run
