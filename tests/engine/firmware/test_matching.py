"""Which image a device gets, and in which order builds are: rules with nothing around them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.firmware.boards import Boards, type_of
from owtui.engine.firmware.matching import Candidate, Known, compat, match
from owtui.engine.firmware.releases import Behind, Release, behind, ordered
from owtui.errors import InputError

C6, C7 = "tplink,archer-c6-v3", "tplink,archer-c7-v2"
ROUTER = Known(C6, "TP-Link Archer C6 v3", "ramips/mt7621")


def candidate(number: int, *boards: str, **more: str) -> Candidate:
    """An image."""
    return Candidate(UUID(int=number), more.pop("type", f"type-{number}"), boards, **more)


def test_the_board_goes_before_the_model() -> None:
    images = [candidate(1, ROUTER.model), candidate(2, C6, C7), candidate(3, C7)]
    found = match(ROUTER, images, Boards())
    assert (found.image_id, found.by, found.reason) == (UUID(int=2), "board", "")


def test_the_model_decides_by_the_map_where_no_board_is_named() -> None:
    boards = Boards()
    boards.add({"Ramips-C6.bin": ["TP-Link Archer C6 v3"], C7: ["TP-Link Archer C7 v2"]})
    by_type = match(ROUTER, [candidate(1, type="ramips-c6.bin")], boards)
    assert (by_type.image_id, by_type.by) == (UUID(int=1), "model")
    other = Known("", "TP-Link Archer C7 v2")
    assert match(other, [candidate(2, C7)], boards).by == "model"


@pytest.mark.parametrize(
    ("device", "images", "said"),
    [
        (Known(), [candidate(1, C6)], "has not been read"),
        (Known("", "Archer"), [candidate(1, C6)], "Its board was never read, and no image is for"),
        (ROUTER, [], "There are no images."),
        (ROUTER, [candidate(1, C7)], f"No image is for {C6}."),
        (ROUTER, [candidate(1, C6), candidate(2, C6)], "Several images .*type-1, type-2"),
        (ROUTER, [candidate(1, ROUTER.model, target="ath79/generic")], "the device runs ramips"),
    ],
)
def test_why_there_is_no_image_is_said(device: Known, images: list[Candidate], said: str) -> None:
    found = match(device, images, Boards())
    assert found.image_id is None
    assert re.search(said, found.reason)


def test_of_several_the_one_of_the_same_target_is_taken() -> None:
    images = [candidate(1, C6, target="ath79/tiny"), candidate(2, C6, target=ROUTER.target)]
    assert match(ROUTER, images, Boards()).image_id == UUID(int=2)
    # A board that moved to another target is told by its images, as ar71xx did to ath79.
    assert match(ROUTER, images[:1], Boards()).image_id == UUID(int=1)


@pytest.mark.parametrize(
    ("device", "image", "force", "clean"),
    [
        ("1.0", "1.0", False, False),
        ("", "1.0", False, False),
        ("1.0", "1.1", False, True),
        ("1.2", "1.1", False, True),
        ("1.0", "2.0", True, False),
        ("2.1", "1.1", True, False),
    ],
)
def test_compat_versions_follow_openwrt(device: str, image: str, force: bool, clean: bool) -> None:
    found = compat(device, image, "Partitions moved.")
    assert tuple(map(bool, found)) == (force, clean)
    assert ("Partitions moved." in "".join(found)) is (force or clean)


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("openwrt-ath79-generic-x_y-squashfs-sysupgrade.bin", "ath79-generic-x_y-squashfs-"),
        ("openwrt-24.10.8-ath79-generic-x_y-squashfs-sysupgrade.bin", "ath79-generic-x_y-squash"),
        ("openwrt-24.10.0-rc2-ath79-generic-x_y-squashfs.bin", "ath79-generic-x_y-squashfs.bin"),
        ("openwrt-24.10-snapshot-r28000-abcdef0-ath79-x_y.bin", "ath79-x_y.bin"),
        ("openwrt-SNAPSHOT-ath79-x_y.bin", "ath79-x_y.bin"),
        ("custom.bin", "custom.bin"),
        ("custom-", "custom-"),
    ],
)
def test_the_type_is_the_file_name_without_distribution_and_release(name: str, type_: str) -> None:
    assert type_of(name).startswith(type_)
    assert "24.10" not in type_of(name)


def test_a_map_is_read_from_a_file_of_openwisps_shape(tmp_path: Path, shared_data: Path) -> None:
    whole = shared_data / "firmware" / "openwrt_image_map.json"
    boards = Boards.load(str(whole))
    told = json.loads(whole.read_text())
    assert len(told) > 80
    for name, one in told.items():
        assert set(boards.models([name])) == set(one["boards"])
    own = tmp_path / "own.json"
    own.write_text(json.dumps({C6: ["TP-Link Archer C6 v3", "Archer C6"]}))
    assert Boards.load(f"{whole}:{own}").models([C6]) == ("TP-Link Archer C6 v3", "Archer C6")


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', '{"a": [1]}', '{"a": {"label": "x"}}'])
def test_a_map_that_is_none_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    own = tmp_path / "own.json"
    own.write_text(text)
    with pytest.raises(InputError, match=r"own\.json"):
        Boards.load(str(own))


DAY = datetime(2026, 11, 1, tzinfo=UTC)


def release(number: int, version: str, day: int = 0, before: int = 0, os: str = "") -> Release:
    """A build."""
    at = DAY + timedelta(days=day)
    return Release(UUID(int=number), version, at, os, UUID(int=before) if before else None)


def test_builds_are_ordered_by_version_and_by_what_they_supersede() -> None:
    builds = [
        release(1, "24.10.10", 3),
        release(2, "24.10.9", 2),
        release(3, "24.10.1-rc1", 1),
        release(4, "24.10.1", 0),
        release(5, "23.05.9", 9, before=1),
    ]
    assert [one.id.int for one in ordered(builds)] == [3, 4, 2, 1, 5]


def test_how_far_behind_a_device_is() -> None:
    builds = ordered([release(1, "1.0", 0, os="A"), release(2, "1.1", 10), release(3, "1.2", 30)])
    assert behind(builds, "A", "1.0") == Behind(UUID(int=1), 2, 30)
    assert behind(builds, "B", "1.1") == Behind(None, 1)
    assert behind(builds, "B", "1.0.5") == Behind(None, 2)
    assert behind(builds, "B", "own") == Behind()
    assert behind([], "A", "1.0") == Behind()


@given(
    st.lists(st.tuples(st.sampled_from(["1.0", "1.1", "x", "x2"]), st.integers(0, 6)), max_size=6)
)
def test_every_build_has_a_place_after_what_it_supersedes(told: list[tuple[str, int]]) -> None:
    builds = [
        release(place, version, before=before) for place, (version, before) in enumerate(told, 1)
    ]
    found = ordered(builds)
    assert sorted(one.id.int for one in found) == sorted(one.id.int for one in builds)
    places = {one.id: place for place, one in enumerate(found)}
    rings = {one.id for one in builds if _in_ring(one, {b.id: b for b in builds})}
    for one in found:
        if one.supersedes in places and not rings:
            assert places[one.supersedes] < places[one.id]


def _in_ring(one: Release, known: dict[UUID, Release]) -> bool:
    seen = [one.id]
    while (before := known[seen[-1]].supersedes) in known:
        assert before is not None
        if before in seen:
            return True
        seen.append(before)
    return False
