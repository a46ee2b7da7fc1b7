"""Quoting, exit codes, redirections and errors of the shell, whoever interprets it."""

from __future__ import annotations

import random
import shlex
from dataclasses import replace

import pytest

from tests.contract.subject import Subject
from tests.contract.words import LINES
from tests.lab.session import ask

NASTY = "'\"\\$`!*?[]{}~#&;|<>()=%^-+, \n\t\rabcé☃\x01\x7f"


async def test_command_lines_answer_as_ash_does(device: Subject) -> None:
    differing = []
    async with device.login() as ssh:
        for line in LINES:
            said = await ask(ssh, line.command, line.stdin.encode())
            answer = replace(line, stdout=said.text, stderr=said.error, exit=said.exit or 0)
            if answer != line:
                differing.append((answer, line))
    assert not differing, "\n".join(f"{got}\n    instead of\n{want}" for got, want in differing)


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
