"""`owtui firmware`: the library, what is refused, and what devices run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine
from tests.engine.firmware.images import BOARD, SQUASHFS, image

NAME = "openwrt-24.10.8-ramips-mt7621-tplink_archer-c6-v3-squashfs-sysupgrade.bin"
CATEGORY = "id name organization organization_id description builds newest"
BUILD = (
    "id category_id category organization version os changelog supersedes supersedes_id released"
    " images devices"
)
IMAGE = (
    "id build_id category version type file_name sha256 size form boards target release revision"
    " compat_version compat_message signature signature_words forced devices trouble meta_data"
)
OVERVIEW = (
    "device_id device model board os release category build newest builds_behind days_behind image"
    " image_id installed reason force clean"
)
INSPECTED = (
    "file_name type size sha256 form boards target release revision compat_version compat_message"
    " signature signature_words objections meta_data"
)
MATCH = "device_id device image_id type by reason force clean"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An image as OpenWrt names it."""
    made = tmp_path / NAME
    made.write_bytes(image())
    return made


def test_an_image_goes_into_a_build_and_out_of_it(bare: CommandLine, file: Path) -> None:
    made = bare("firmware", "add-category", "APs", "--description", "all", "--json").json
    assert list(made) == CATEGORY.split()
    built = bare("firmware", "add-build", "aps", "24.10", "--released", "2026-11-20", "--json").json
    assert list(built) == BUILD.split()
    assert (built["version"], built["released"]) == ("24.10", "2026-11-20T00:00:00Z")
    assert bare("firmware", "set-build", "24.10", "version=24.10.8", "changelog=x").code == 0
    added = bare("firmware", "add-image", "APs/24.10.8", file, "--json").json
    assert list(added) == IMAGE.split()
    assert (added["size"], added["boards"]) == (len(image()), [BOARD])
    kept = bare.home / "data" / "owtui" / "firmware" / built["id"] / NAME
    assert kept.read_bytes() == image()
    [row] = bare("firmware", "images", "24.10.8", "--json").json
    assert row == added
    changed = bare(
        "firmware", "set-image", NAME, "--board", "x,y", "--type", "x.bin", "--json"
    ).json
    assert (changed["boards"], changed["type"]) == (["x,y"], "x.bin")
    assert bare("firmware", "set-image", NAME).code == 2
    back = bare("firmware", "set-image", NAME, "--board", BOARD, "--type", added["type"], "--json")
    assert back.json == added
    assert "APs/24.10.8  ramips-" in bare("firmware", "images").out
    [build] = bare("firmware", "builds", "APs", "--json").json
    assert (build["os"], build["images"]) == ("OpenWrt 24.10.8 r29233-443ec4032a", 1)
    assert "would go" in bare("firmware", "remove-image", NAME).err
    assert kept.exists()
    assert bare("firmware", "remove-build", "24.10.8", "--yes").code == 0
    assert not kept.parent.parent.exists()
    assert bare("firmware", "set-category", "APs", "name=Roofs").code == 0
    assert bare("firmware", "remove-category", "roofs", "--yes").code == 0
    assert bare("firmware", "categories", "--json").json == []
    assert bare("audit", "--json").json[0]["action"] == "remove_firmware_category"


def test_a_file_tells_what_it_is_before_it_is_taken(bare: CommandLine, file: Path) -> None:
    told = bare("firmware", "inspect", file, "--json")
    assert (told.code, list(told.json)) == (0, INSPECTED.split())
    assert told.json["objections"] == []
    assert BOARD in bare("firmware", "inspect", file).out
    file.write_bytes(SQUASHFS)
    assert bare("firmware", "inspect", file).code == 1


def test_what_is_wrong_is_refused_unless_somebody_says_why(bare: CommandLine, file: Path) -> None:
    bare("firmware", "add-category", "APs")
    bare("firmware", "add-build", "APs", "24.10.6")
    refused = bare("firmware", "add-image", "24.10.6", file)
    assert (refused.code, "It is release 24.10.8" in refused.err) == (2, True)
    assert "--force REASON" in refused.err
    taken = bare("firmware", "add-image", "24.10.6", file, "--force", "a trial", "--json").json
    assert taken["forced"] == "a trial"
    entries = bare("audit", "--action", "add_firmware_image", "--json").json
    assert entries[0]["detail"]["forced"] == "a trial"
    file.write_bytes(image()[:-40] + image()[-39:])
    damaged = bare("firmware", "add-image", "24.10.6", file, "--force", "again")
    assert (damaged.code, "damaged" in damaged.err) == (2, True)


def test_the_overview_of_a_fleet(owtui: CommandLine, file: Path) -> None:
    assert owtui("facts").code == 0
    first = owtui("firmware", "--json").json
    assert list(first[0]) == OVERVIEW.split()
    assert "no category" in first[0]["reason"]
    owtui("firmware", "add-category", "APs")
    owtui("firmware", "add-build", "APs", "24.10.8")
    boards = sorted({row["board"] for row in first})
    file.write_bytes(image(boards[0]))
    assert owtui("firmware", "add-image", "24.10.8", file).code == 0
    rows = owtui("firmware", "overview", "--json").json
    good = [row for row in rows if row["board"] == boards[0]]
    assert good and all(row["image"] and row["newest"] == "24.10.8" for row in good)
    assert all(row["reason"] for row in rows if row not in good)
    done = owtui("firmware", "match", good[0]["device"], "--json")
    assert (done.code, list(done.json)) == (0, MATCH.split())
    assert owtui("firmware", "overview", good[0]["device"], "--behind").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add-build", "nothing", "1"], "no category called"),
        (["add-image", "nothing", "FILE"], "no build called"),
        (["add-image", "1.0", "/nowhere.bin"], "cannot be read"),
        (["add-build", "APs", "1.0"], "already exists"),
        (["add-build", "APs", "2", "--released", "soon"], "is no day"),
        (["add-build", "APs", "2", "--released", "0001-01-01T00:00+14:00"], "is no day"),
        (["set-build", "1.0", "colour=red"], "no colour to set"),
        (["set-build", "1.0"], "Nothing is to be set"),
        (["set-category", "APs", "organization=Nobody"], "no organization Nobody"),
        (["remove-image", "x.bin", "--yes"], "no image called"),
    ],
)
def test_mistakes_are_one_sentence(bare: CommandLine, words: list[str], said: str) -> None:
    bare("firmware", "add-category", "APs")
    bare("firmware", "add-build", "APs", "1.0")
    done = bare("firmware", *words)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_read_only_blocks_what_writes(bare: CommandLine, file: Path) -> None:
    bare("firmware", "add-category", "APs")
    for words in (
        ["add-category", "x"],
        ["set-category", "APs", "name=x"],
        ["remove-category", "APs", "--yes"],
        ["add-build", "APs", "1"],
        ["add-image", "APs/1", file],
    ):
        assert bare("firmware", *words, "--read-only").code == 4
    assert bare("firmware", "categories", "--json", "--read-only").json
