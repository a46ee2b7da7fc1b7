"""One group class for all commands with verbs: what is no verb is an argument of the default one.

`owtui devices tag=roof` lists, `owtui devices add …` adds; a device called "add" is `name=add`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from owtui.cli.globals import ALSO


class LazyGroup(click.Group):
    """A group that imports the module of a verb when the verb is named.

    `verbs`: verb → "module:object" under owtui.cli; verbs added by decorator come after these.
    """

    def __init__(self, *args: Any, verbs: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.verbs = verbs or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return [*self.verbs, *(name for name in self.commands if name not in self.verbs)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a verb by name, importing its module at need."""
        if cmd_name not in self.commands and cmd_name in self.verbs:
            module, _, name = self.verbs[cmd_name].partition(":")
            found: click.Command = getattr(import_module(f"owtui.cli.{module}"), name)
            found.epilog = ALSO
            self.add_command(found, cmd_name)
        return self.commands.get(cmd_name)


class VerbGroup(LazyGroup):
    """A group whose verb may be left out; `default` names the one that is meant then."""

    def __init__(self, *args: Any, default: str = "list", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default verb in front unless a verb or a request for help is there."""
        if not args and ctx.resilient_parsing:
            return super().parse_args(ctx, args)  # a Tab: the verbs are to be offered
        verbs = self.list_commands(ctx)
        if not args or (args[0] not in verbs and args[0] not in ctx.help_option_names):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[Any]]:
        """The verbs, and what the default one takes."""
        verb = self.get_command(ctx, self.default)
        assert verb is not None
        with verb.make_context(self.default, [], parent=ctx, resilient_parsing=True) as inner:
            taken = [p for p in verb.params if isinstance(p, click.Argument)][:1]
            values = [v for p in taken for v in p.shell_complete(inner, incomplete)]
            options = verb.shell_complete(inner, incomplete) if incomplete[:1] == "-" else []
        return [*super().shell_complete(ctx, incomplete), *options, *values]
