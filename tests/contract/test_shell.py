"""Quoting, exit codes, redirections and errors of the shell, whoever interprets it."""

from __future__ import annotations

import random
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contract.subject import Subject, lab, simulator
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


async def test_lab_and_simulator_say_the_same() -> None:
    lines = (Path(__file__).parent / "alike.txt").read_text().splitlines()
    differing = []
    with lab() as real:
        async with simulator() as simulated, real.login() as one, simulated.login() as other:
            for line in [line for line in lines if not line.startswith("#")]:
                answer, played = await ask(one, line), await ask(other, line)
                if answer != played:
                    differing.append(f"{line}\n    {answer}\n    {played}")
    assert not differing, "\n".join(differing)


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
