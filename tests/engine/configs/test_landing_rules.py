"""Landing by generated configurations: what holds whatever a router has and a template says."""

from __future__ import annotations

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.configs.claims import claim
from owtui.engine.configs.diff import changed
from owtui.engine.configs.landing import land
from owtui.engine.configs.model import File
from owtui.engine.configs.sections import package_path, read, written
from owtui.engine.openwrt.uci import Package, Section
from tests.engine.configs.strategies import PATHS, any_package_names, any_sections, later

Files = dict[str, File]


@st.composite
def packages_on(draw: st.DrawFn, base: Files | None = None) -> Files:
    """Files; with `base` packages that share sections with those there, as templates do."""
    found: Files = {}
    for name in draw(st.lists(any_package_names, max_size=2, unique=True)):
        path = package_path(name)
        there = read(path, base.get(path)) if base else None
        if there and draw(st.integers(0, 3)):
            sections = draw(later(there.sections))
        else:
            sections = draw(any_sections())
        if sections:
            found[path] = File(
                written(Package(name, sections)), draw(st.sampled_from([0o644, 0o600]))
            )
    for path in PATHS:
        if draw(st.integers(0, 3)) == 0 and path != "/etc/config/broken":
            found[path] = File(draw(st.sampled_from([b"a\n", b"b", b"\xff\0"])))
    return found


routers = packages_on()


@st.composite
def router_and_two(draw: st.DrawFn) -> tuple[Files, Files, Files]:
    """A router and two configurations that follow one another."""
    router = draw(routers)
    first = draw(packages_on(router))
    return router, first, draw(packages_on({**router, **first}))


unmanaged = st.lists(
    st.sampled_from(["network.a", "firewall.@rule", "system.system", "wireless.@wifi-iface"]),
    max_size=2,
)


@given(router_and_two(), unmanaged, st.booleans())
def test_landing_again_changes_nothing(
    states: tuple[Files, Files, Files], keep: list[str], overwrite: bool
) -> None:
    router, first, second = states
    one = land(router, first, {}, {}, unmanaged=keep, overwrite=overwrite)
    router = changed(router, one.changes)
    again = land(router, first, first, one.originals, unmanaged=keep, overwrite=overwrite)
    assert (again.changes, again.originals) == ({}, one.originals)
    two = land(router, second, first, one.originals, unmanaged=keep, overwrite=overwrite)
    router = changed(router, two.changes)
    again = land(router, second, second, two.originals, unmanaged=keep, overwrite=overwrite)
    assert (again.changes, again.originals) == ({}, two.originals)


@given(router_and_two(), unmanaged, st.booleans())
def test_without_a_configuration_the_router_is_what_it_was(
    states: tuple[Files, Files, Files], keep: list[str], overwrite: bool
) -> None:
    router, first, _ = states
    one = land(router, first, {}, {}, unmanaged=keep, overwrite=overwrite)
    back = land(changed(router, one.changes), {}, first, one.originals, unmanaged=keep)
    assert changed(changed(router, one.changes), back.changes) == router or keep
    assert back.originals == {}


@given(router_and_two())
def test_the_router_has_what_the_configuration_says_and_its_own_options(
    states: tuple[Files, Files, Files],
) -> None:
    router, first, _ = states
    after = changed(router, land(router, first, {}, {}).changes)
    for path, file in first.items():
        ours, has, was = read(path, file), read(path, after.get(path)), read(path, router.get(path))
        if ours is None or has is None or was is None:
            assert after[path] == file
            continue
        claims = claim(ours, has)
        assert set(claims) == set(range(len(ours.sections)))
        for place, there in claims.items():
            assert says(has.sections[there], ours.sections[place])
        for place, there in claim(ours, was).items():
            now = has.sections[claims[place]]
            own = was.sections[there].options.keys() - ours.sections[place].options.keys()
            assert all(now.options[name] == was.sections[there].options[name] for name in own)
        others = set(range(len(was.sections))) - set(claim(ours, was).values())
        assert all(was.sections[at] in has.sections for at in others)


@given(router_and_two())
def test_overwriting_leaves_nothing_else_in_a_package(states: tuple[Files, Files, Files]) -> None:
    router, first, _ = states
    after = changed(router, land(router, first, {}, {}, overwrite=True).changes)
    for path, file in first.items():
        assert read(path, after[path]) == read(path, file)


@given(router_and_two())
def test_files_that_no_configuration_names_are_not_touched(
    states: tuple[Files, Files, Files],
) -> None:
    router, first, second = states
    one = land(router, first, {}, {})
    two = land(changed(router, one.changes), second, first, one.originals)
    assert one.changes.keys() <= first.keys()
    assert two.changes.keys() <= first.keys() | second.keys()
    assert two.originals.keys() == second.keys()


def says(section: Section, what: Section) -> bool:
    """Whether a section has all the options of another."""
    return all(section.options.get(name) == value for name, value in what.options.items())


def test_a_section_that_says_nothing_takes_no_place_from_one_that_says_more() -> None:
    """Each push added the third section once more."""
    path = package_path("network")
    empty = b"\nconfig interface\n"
    router = {path: File(empty, 0o644)}
    wanted = {path: File(b"\nconfig interface\n\toption name 'lan'\n" + empty * 2, 0o644)}
    one = land(router, wanted, {}, {})
    router = changed(router, one.changes)
    assert router[path].data.count(b"interface") == 3
    assert land(router, wanted, wanted, one.originals).changes == {}


@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), max_size=6))
def test_as_many_are_claimed_as_there_can_be(says: list[list[bool]]) -> None:
    """Each of ours that a section of the router may be has one of its options."""
    ours = [Section("rule", None, {f"o{at}": "1"}) for at in range(len(says))]
    theirs = [
        Section("rule", None, {f"o{at}": "1" for at, row in enumerate(says) if row[there]})
        for there in range(5)
    ]
    graph = nx.Graph()
    graph.add_nodes_from(("ours", at) for at in range(len(says)))
    graph.add_edges_from(
        (("ours", at), ("theirs", b))
        for at, row in enumerate(says)
        for b, yes in enumerate(row)
        if yes
    )
    top = [node for node in graph if node[0] == "ours"]
    most = len(nx.bipartite.maximum_matching(graph, top)) // 2
    found = claim(Package("own", tuple(ours)), Package("own", tuple(theirs)))
    assert len(found) == most
    assert all(says[at][there] for at, there in found.items())
