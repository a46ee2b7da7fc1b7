"""Configurations that Hypothesis makes up: any UCI, and states that follow from one another."""

from __future__ import annotations

from hypothesis import strategies as st

from owtui.engine.configs.model import File
from owtui.engine.configs.sections import package_path, written
from owtui.engine.openwrt.uci import Package, Section
from tests.engine.openwrt.test_uci import names, packages, types

# As a router may hold them: quotes, newlines, other alphabets, bytes that are no UTF-8.
raw_values = st.binary(min_size=1, max_size=12).map(
    lambda data: data.replace(b"\0", b"0").decode("utf-8", "surrogateescape")
)
plain_values = st.sampled_from(["lan", "wan", "36", "auto", "it's", 'say "x"', "two\nlines", "é€"])
any_values = st.one_of(plain_values, raw_values)
any_options = st.dictionaries(
    st.sampled_from(["name", "proto", "network", "key", "ssid", "a-b"]) | names,
    any_values | st.lists(any_values, min_size=1, max_size=4),
    max_size=5,
)
kinds = st.sampled_from(["interface", "rule", "zone", "wifi-iface", "system", "device"]) | types
any_package_names = st.sampled_from(["network", "wireless", "firewall", "system", "own"])
PATHS = ("/etc/motd", "/etc/config/broken", "/root/.profile", "/etc/key.pem")


@st.composite
def any_sections(draw: st.DrawFn, most: int = 6) -> tuple[Section, ...]:
    """Sections, anonymous ones among them; no two of one name."""
    given = draw(st.lists(st.none() | st.sampled_from("abcde"), max_size=most))
    taken: set[str] = set()
    sections = []
    for name in given:
        named = None if name is None or name in taken else name
        taken |= {named} if named else set()
        sections.append(Section(draw(kinds), named, draw(any_options)))
    return tuple(sections)


@st.composite
def later(draw: st.DrawFn, sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """What somebody makes of these sections: some go, change, move, get a name, others come."""
    result = []
    for section in sections:
        fate = draw(st.sampled_from(["stays", "stays", "stays", "goes", "changes", "is named"]))
        if fate == "changes":
            options = {**section.options, **draw(any_options)}
            section = Section(section.type, section.name, options)
        if fate == "is named" and section.name is None:
            section = Section(section.type, f"named{len(result)}", section.options)
        if fate != "goes":
            result.append(section)
    names_taken = {section.name for section in result}
    fresh = [one for one in draw(any_sections(3)) if one.name not in names_taken or not one.name]
    for section in fresh:
        result.insert(draw(st.integers(0, len(result))), section)
    return tuple(draw(st.permutations(result)) if draw(st.booleans()) else result)


@st.composite
def package_pairs(draw: st.DrawFn) -> tuple[Package, Package]:
    """Two states of one package."""
    name = draw(any_package_names)
    old = draw(any_sections())
    return Package(name, old), Package(name, draw(later(old)))


@st.composite
def file_pairs(draw: st.DrawFn) -> tuple[dict[str, File], dict[str, File]]:
    """Two states of a whole configuration: packages, other files, modes, comments."""
    old: dict[str, File] = {}
    new: dict[str, File] = {}
    for before, after in draw(st.lists(package_pairs(), max_size=3)):
        path = package_path(before.name)
        for side, package in ((old, before), (new, after)):
            if draw(st.integers(0, 5)):
                comment = draw(st.sampled_from([b"", b"", b"# said\n"]))
                mode = draw(st.sampled_from([0o644, 0o600]))
                side[path] = File(comment + written(package), mode)
    contents = st.sampled_from([b"a\nb\nc\n", b"a\nc", b"\xff\0", b""]) | st.binary(max_size=30)
    for path in PATHS:
        for side in (old, new):
            if draw(st.booleans()):
                side[path] = File(draw(contents))
    return old, new


__all__ = ["any_package_names", "any_sections", "file_pairs", "later", "package_pairs", "packages"]
