"""Reading answers have the shape of the captures: the same checks on devices and on captures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.cases import READING, Case
from tests.contract.subject import Subject


@pytest.mark.parametrize("case", READING, ids=str)
async def test_a_device_answers_in_the_shape_of_openwrt(device: Subject, case: Case) -> None:
    said = await device.ask(case.command)
    assert (said.exit, said.error) == (0, "")
    case.check(said.text)


@pytest.mark.parametrize("case", [c for c in READING if c.capture], ids=str)
def test_a_capture_of_openwrt_has_that_shape(case: Case, shared_data: Path) -> None:
    case.check((shared_data / "openwrt" / case.capture).read_text())
