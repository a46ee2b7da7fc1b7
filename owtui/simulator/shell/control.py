"""Leaving a shell, a function or a loop early."""

from __future__ import annotations


class Exit(Exception):
    """`exit`, `set -e` or a fatal error: the shell ends with `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Return(Exit):
    """`return` from a function or a sourced file."""


class Break(Exception):
    """`break` and `continue`, out of `levels` loops."""

    def __init__(self, levels: int, again: bool) -> None:
        super().__init__(levels)
        self.levels = levels
        self.again = again
