"""Every test here runs on each kind of device that can answer it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.contract.subject import KINDS, Subject, lab, simulator


@pytest.fixture(scope="module")
def shared_lab() -> Iterator[Subject]:
    """The lab device of a module; a simulated one costs nothing and is always new."""
    with lab() as subject:
        yield subject


@pytest.fixture(params=KINDS)
async def device(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    """A device to read from; a test leaves it as it found it."""
    if request.param == "lab":
        yield request.getfixturevalue("shared_lab")
    else:
        async with simulator() as subject:
            yield subject


@pytest.fixture(params=KINDS)
async def fresh(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    """A device of the test's own, to be changed."""
    if request.param == "lab":
        with lab() as subject:
            yield subject
    else:
        async with simulator() as subject:
            yield subject
