"""Every picture in screenshots/ is what the program draws today: each screen, size and palette."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console.chartseed import sow_series
from tests.console.upgradeseed import sow_upgrades
from tests.screenshots import FOLDER, SHOTS, Shot, svg


@pytest.mark.slow
@pytest.mark.parametrize("shot", SHOTS, ids=[shot.name for shot in SHOTS])
async def test_picture_is_fresh(shot: Shot, request: pytest.FixtureRequest) -> None:
    seed = "configured" if shot.configured else "watched" if shot.watched else "folder"
    seed = "networked" if shot.networked else seed
    folder: Path = request.getfixturevalue(seed)
    if shot.upgraded:
        sow_upgrades(folder / "owtui.db")
    if shot.measured:
        sow_series(folder)
    drawn = await svg(shot, folder)
    kept = (FOLDER / f"{shot.name}.svg").read_text("utf-8")
    assert drawn == kept, f"look at the change, then: make screenshots  ({shot.name})"


def test_no_picture_is_left_over() -> None:
    assert {file.stem for file in FOLDER.glob("*.svg")} == {shot.name for shot in SHOTS}
    assert {file.stem for file in FOLDER.glob("*.png")} <= {s.name for s in SHOTS if s.png}


def test_no_picture_names_a_host() -> None:
    for file in FOLDER.glob("*.svg"):
        text = file.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text and "https://" not in text, file.name
