"""One group class for all commands with verbs: what is no verb is an argument of the default one.

`owtui devices tag=roof` lists, `owtui devices add …` adds; a device called "add" is `name=add`.
"""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem


class VerbGroup(click.Group):
    """A group whose verb may be left out; `default` names the one that is meant then."""

    def __init__(self, *args: Any, default: str = "list", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default verb in front unless a verb or a request for help is there."""
        if not args and ctx.resilient_parsing:
            return super().parse_args(ctx, args)  # a Tab: the verbs are to be offered
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[Any]]:
        """The verbs, and what the default one takes."""
        verb = self.commands[self.default]
        with verb.make_context(self.default, [], parent=ctx, resilient_parsing=True) as inner:
            taken = [p for p in verb.params if isinstance(p, click.Argument)][:1]
            values = [v for p in taken for v in p.shell_complete(inner, incomplete)]
            options = verb.shell_complete(inner, incomplete) if incomplete[:1] == "-" else []
        return [*super().shell_complete(ctx, incomplete), *options, *values]
