"""When two configurations are the same to a router."""

from __future__ import annotations

import pytest
from hypothesis import given

from owtui.engine.configs.equivalence import equivalent
from owtui.engine.openwrt import uci
from owtui.engine.openwrt.uci import Package
from tests.engine.configs.strategies import packages


@pytest.mark.parametrize(
    ("package", "a", "b", "found"),
    [
        ("own", "config a b\noption x 1\noption y 2", "config a b\noption y 2\noption x 1", ""),
        (
            "network",
            "config interface a\nconfig interface b",
            "config interface b\nconfig interface a",
            "",
        ),
        ("system", "config system\noption x 1", "config system system\noption x 1", ""),
        (
            "network",
            "config device\noption name br-a",
            "config device device_a\noption name br-a",
            "",
        ),
        ("own", "config a b\noption x 1", "config a b\noption x 2", "own.b differs in x."),
        ("own", "config a b\nlist x 1", "config a b\noption x 1", "own.b differs in x."),
        ("own", "config a b", "", "own.b is missing."),
        ("own", "", "config a", "own.@a[0] is too much."),
        ("own", "config a b", "config c b", "own.b has another type."),
        (
            "firewall",
            "config rule a\nconfig rule b",
            "config rule b\nconfig rule a",
            "firewall: sections of type rule stand in another order.",
        ),
        (
            "firewall",
            "config rule\noption x 1\nconfig rule\noption y 1",
            "config rule\noption y 1\nconfig rule\noption x 1",
            "firewall.@rule[0] differs in x, y. firewall.@rule[1] differs in x, y.",
        ),
    ],
)
def test_what_a_router_would_see(package: str, a: str, b: str, found: str) -> None:
    one, other = uci.parse(a, package), uci.parse(b, package)
    assert " ".join(equivalent({package: one}, {package: other})) == found


@given(packages())
def test_a_package_is_the_same_as_itself(package: Package) -> None:
    assert equivalent({package.name: package}, {package.name: package}) == []
