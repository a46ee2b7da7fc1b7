"""What every command stands on: options, settings, output, and an engine while it is needed."""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from owtui import settings
from owtui.cli.globals import Globals
from owtui.cli.output import Output
from owtui.errors import InputError

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
        loaded = settings.load(
            config=options.config_file, fleet=options.fleet or None, overrides=options.overrides()
        )
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
        """An engine that attaches (the default), may hold the lease, or must."""
        # 0.5 s of imports, wanted only by commands that reach the database.
        from owtui import log
        from owtui.engine.engine import Engine, Role
        from owtui.operator import whoami

        log.start(self.loaded.paths.state, self.loaded.settings.log_level)
        engine = await Engine.start(self.loaded, whoami("cli"), role or Role.ATTACH)
        try:
            yield engine
        finally:
            await engine.close()

    def select(self, engine: Engine, words: tuple[str, ...], everything: bool = True) -> Selection:
        """The devices a FILTER means; without one all of them, if `everything` allows it.

        Raises InputError where something that changes devices is left without FILTER and --all.
        """
        text = " ".join(words).strip()
        if not text and not everything:
            raise InputError(
                "Which devices? Give a FILTER, or --all for every one.",
                "`owtui devices FILTER` shows what a filter selects.",
            )
        return engine.select(text)


def command(
    function: Callable[..., Coroutine[Any, Any, int | None]],
) -> Callable[..., None]:
    """Run an async command to its end; what it returns is the exit code."""

    @click.pass_obj
    @functools.wraps(function)
    def run(face: Face, *args: Any, **kwargs: Any) -> None:
        code = asyncio.run(function(face, *args, **kwargs))
        if code:
            raise click.exceptions.Exit(code)

    return run
