"""Quoting, exit codes, redirections and errors of the shell, whoever interprets it."""

from __future__ import annotations

import random
import shlex

import pytest

from tests.contract.subject import Subject
from tests.contract.words import LINES, Line

NASTY = "'\"\\$`!*?[]{}~#&;|<>()=%^-+, \n\t\rabcé☃\x01\x7f"


@pytest.mark.parametrize("line", LINES, ids=str)
async def test_a_command_line_answers_as_ash_does(device: Subject, line: Line) -> None:
    said = await device.ask(line.command, line.stdin.encode())
    assert (said.text, said.error, said.exit) == (line.stdout, line.stderr, line.exit)


async def test_every_byte_of_input_comes_back(device: Subject) -> None:
    every = bytes(range(256)) * 64
    said = await device.ask("cat >/tmp/every.$$; cat /tmp/every.$$; rm /tmp/every.$$", every)
    assert said.stdout == every


@pytest.mark.parametrize("seed", range(8))
async def test_quoted_words_arrive_unchanged(device: Subject, seed: int) -> None:
    dice = random.Random(seed)
    words = ["".join(dice.choices(NASTY, k=dice.randrange(12))) for _ in range(40)]
    said = await device.ask("printf '%s\\0' " + " ".join(map(shlex.quote, words)))
    assert said.stdout.decode().split("\0")[:-1] == words, f"seed {seed}"
