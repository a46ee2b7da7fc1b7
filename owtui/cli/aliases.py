"""Aliases of the settings on the command line: `owtui up` for what `[alias] up = …` says."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from owtui.cli.globals import Globals, take


def expanded(aliases: Mapping[str, str], rest: list[str]) -> tuple[Globals, list[str]]:
    """A line without global options, its alias replaced; and the options that the alias brought."""
    options = Globals()
    while rest and rest[0] in aliases:
        more, words = take(shlex.split(aliases[rest[0]]))
        options, rest = options.over(more), [*words, *rest[1:]]
    return options, rest
