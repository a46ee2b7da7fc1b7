"""UCI: its text, its staging area, its exit codes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from owtui.simulator.uci import Package, UciError, anonymous_name, export_text, parse, show_text
from tests.simulator.rig import Bench

NAMES = st.from_regex(r"\A[a-z][a-z0-9_]{0,8}\Z")
VALUES = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r"), min_size=1
)
OPTIONS = st.dictionaries(NAMES, VALUES | st.lists(VALUES, min_size=1, max_size=3), max_size=4)


@settings(max_examples=25)
@given(st.lists(st.tuples(NAMES, OPTIONS), max_size=4))
def test_what_is_exported_reads_back_as_it_was(
    sections: list[tuple[str, dict[str, str | list[str]]]],
) -> None:
    package = Package("pkg")
    for kind, options in sections:
        package.add(kind).options.update(options)
    again = parse(export_text(package), "pkg")
    assert export_text(again) == export_text(package)
    assert show_text(again) == show_text(package)


@pytest.mark.parametrize(
    ("position", "kind", "name"),
    [
        (1, "system", "cfg01e48a"),
        (2, "zone", "cfg02dc81"),
        (3, "device", "cfg030f15"),
        (5, "rule", "cfg0592bd"),
    ],
)
def test_anonymous_sections_have_the_names_every_router_gives_them(
    position: int, kind: str, name: str
) -> None:
    assert anonymous_name(position, kind) == name


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("config a 'b'\n\toption c 'open\n", "Parse error (unterminated quote) at line 2, byte 10"),
        ("option a 'b'\n", "Parse error (invalid command) at line 1, byte 0"),
        ("nonsense\n", "Parse error (invalid command) at line 1, byte 0"),
    ],
)
def test_a_broken_file_is_told_with_its_place(text: str, error: str) -> None:
    with pytest.raises(UciError, match=error.replace("(", r"\(").replace(")", r"\)")):
        parse(text, "x")


def test_quotes_comments_and_joined_pieces_are_read_as_libuci_reads_them() -> None:
    text = "# c\nconfig 'a' \"b\" # d\n\toption x 'it'\\''s' ; option y \"q\\\"\"\n\tlist z 1\n"
    section = parse(text, "p").sections[0]
    assert (section.type, section.name) == ("a", "b")
    assert section.options == {"x": "it's", "y": 'q"', "z": ["1"]}


ERRORS = [
    ("uci get nosuch.a.b", "uci: Entry not found\n", 1),
    ("uci get network.lan.nosuch", "uci: Entry not found\n", 1),
    ("uci get network.@interface[9]", "uci: Entry not found\n", 1),
    ("uci set network.nosuch.x=1", "uci: Invalid argument\n", 1),
    ("uci set nosuch.x=y", "uci: Entry not found\n", 1),
    ("uci -q delete network.nosuch", "", 1),
    ("uci show network.nosuch", "uci: Entry not found\n", 1),
]


@pytest.mark.parametrize(("line", "said", "status"), ERRORS, ids=[line for line, *_ in ERRORS])
async def test_an_error_has_libucis_text_and_exit_code(
    bench: Bench, line: str, said: str, status: int
) -> None:
    answer = await bench.run(line)
    assert (answer.err, answer.status) == (said, status)


async def test_staged_changes_are_lines_in_tmp_and_gone_after_a_revert(bench: Bench) -> None:
    await bench.out("uci set network.lan.ipaddr='1.2.3.4'; uci -q delete dhcp.wan")
    assert await bench.out("cat /tmp/.uci/network") == "network.lan.ipaddr='1.2.3.4'\n"
    assert await bench.out("uci changes") == "-dhcp.wan\nnetwork.lan.ipaddr='1.2.3.4'\n"
    await bench.out("uci revert network.lan.ipaddr; uci revert dhcp")
    assert await bench.out("uci changes; cat /tmp/.uci/network") == ""


async def test_a_commit_writes_and_counts_and_applies_nothing(bench: Bench) -> None:
    await bench.out("uci set system.@system[0].hostname=new; uci commit system")
    assert "option hostname 'new'" in await bench.out("cat /etc/config/system")
    assert bench.device.hostname == "ap-01"
    assert bench.device.effects.commits == {"system": 1}
    bench.device.reload_changed()
    assert bench.device.hostname == "new"
    assert bench.device.effects.reloads == {"system": 1}


async def test_a_commit_without_changes_leaves_the_file_as_it_is(bench: Bench) -> None:
    await bench.out("echo '# mine' >>/etc/config/system; uci commit system")
    assert (await bench.out("tail -n 1 /etc/config/system")) == "# mine\n"
    assert bench.device.reload_changed() == []


async def test_a_commit_on_a_full_flash_empties_the_file_and_says_nothing(bench: Bench) -> None:
    bench.device.fill_flash(True)
    answer = await bench.run("uci set system.@system[0].hostname=x; uci commit system")
    assert (answer.status, answer.err) == (0, "")
    assert await bench.out("wc -c </etc/config/system; uci changes") == "0\n"


async def test_another_folder_can_be_read_and_checked(bench: Bench) -> None:
    await bench.out("mkdir /tmp/c; cp /etc/config/network /tmp/c/network")
    assert "network.lan=interface" in await bench.out("uci -c /tmp/c show network")
    assert (await bench.run("uci -c /tmp/c show nosuch")).status == 1


async def test_an_import_replaces_a_package(bench: Bench) -> None:
    text = b"package new\nconfig a 'b'\n\toption c 'd'\n"
    assert await bench.out("uci import; uci get new.b.c", text) == "d\n"


async def test_sections_are_reordered_and_listed_with_their_hashes(bench: Bench) -> None:
    await bench.out("uci reorder network.lan=0")
    assert (await bench.out("uci -X show network")).startswith("network.lan=interface\n")
    assert "firewall.cfg01e63d=defaults\n" in await bench.out("uci -X show firewall")
