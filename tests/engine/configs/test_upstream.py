"""Where netjsonconfig is right, what we render is what it renders, byte for byte."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from netjsonconfig import OpenWrt

from owtui.engine.configs import archive
from owtui.engine.configs.merge import copied, merge
from owtui.engine.configs.model import File
from owtui.engine.configs.render import configuration, files_of, render, with_hostname
from owtui.engine.configs.validate import ConfigError, problems_of
from tests.engine.configs.netjson import configurations, packages
from tests.engine.configs.subjects import subject


def quickly(examples: int) -> settings:
    """Without shrinking, which takes minutes on configurations of this size."""
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    return settings(max_examples=examples, deadline=None, phases=phases, print_blob=True)


NEW, OLD = "OpenWrt 24.10.0", "OpenWrt 19.07.8"


def theirs(*layers: Any, os: str = NEW) -> dict[str, File] | None:
    """The files that the library itself makes of these layers; None where it breaks."""
    *templates, own = copied(list(layers))
    made = OpenWrt(with_hostname(own, "ap-1"), templates=templates, dsa=os == NEW)
    made.validate = lambda: None  # nine tenths of its time, and another test
    try:
        return archive.unpack(made.generate().getvalue())
    except (KeyError, ValueError):
        return None


def has_bad_names(files: dict[str, File]) -> bool:
    """Whether there is a section that libuci would not read: mended, so not alike."""
    return any(re.search(rb"^config \S+ '\w*[^\w'\n]", one.data, re.M) for one in files.values())


def has_one_for_several(files: dict[str, File]) -> bool:
    """Whether upstream gave VLANs of one network a section without a name of its own, in which
    each takes the place of the one before; ours has one each."""
    return any(b"config device 'device_'\n" in one.data for one in files.values())


def has_open_quotes(files: dict[str, File]) -> bool:
    """Whether upstream wrote a value with a quote in it as it stands, which ends the value: a list
    of VLANs that another layer's type of interface took over does so. Ours escapes it."""
    options = [re.findall(rb"^\t\w+ \S+ '(.*)'$", one.data, re.M) for one in files.values()]
    return any(b"'" in value.replace(rb"'\''", b"") for values in options for value in values)


def whole(*keys: str) -> Any:
    """Layers with NetJSON's keys and UCI packages of one's own."""
    return st.builds(lambda known, own: {**own, **known}, configurations(*keys), packages())


EXCUSED = (has_bad_names, has_one_for_several, has_open_quotes)


def compare(*layers: Any, os: str = NEW) -> None:
    device = subject(*layers[:-1], config=layers[-1], os=os)
    with suppress(ConfigError):  # refused by us alone: two types of one name
        made, expected = files_of(configuration(device), device), theirs(*layers, os=os)
        alike = made == expected or expected is None
        assert alike or any(excused(expected) for excused in EXCUSED)


@quickly(60)
@given(st.lists(whole("interfaces", "radios", "wireguard_peers"), min_size=1, max_size=3))
def test_interfaces_and_radios_are_rendered_alike(layers: list[Any]) -> None:
    compare(*layers)


@quickly(40)
@given(st.lists(whole(), min_size=1, max_size=3))
def test_everything_is_rendered_alike(layers: list[Any]) -> None:
    compare(*layers)


@quickly(30)
@given(whole("general", "ntp", "led", "routes", "ip_rules", "switch", "radios"))
def test_old_releases_are_served_alike(config: Any) -> None:
    compare(config, os=OLD)


@quickly(25)
@given(whole())
def test_what_fits_their_schema_fits_ours(config: Any) -> None:
    """The generator makes what is valid, nearly always: else the tests above say nothing."""
    try:
        OpenWrt(copied(config)).validate()
    except Exception:  # noqa: BLE001  # the library raises several
        assert problems_of(config)


@quickly(60)
@given(st.lists(whole(), min_size=2, max_size=4))
def test_layers_merge_alike(layers: list[Any]) -> None:
    *templates, own = layers
    expected = OpenWrt(copied(own), templates=copied(templates)).config
    assert json.dumps(merge(layers)) == json.dumps(expected)


@pytest.mark.parametrize("os", [NEW, OLD])
def test_a_wireless_interface_joins_the_bridge_that_names_it(os: str) -> None:
    """The step for wireless reads what the step for interfaces made."""
    config = {
        "interfaces": [
            {"name": "lan", "type": "bridge", "bridge_members": ["eth0", "wlan0"]},
            {
                "name": "wlan0",
                "type": "wireless",
                "wireless": {"radio": "radio0", "mode": "access_point", "ssid": "x"},
            },
        ]
    }
    files = render(subject(config, os=os)).files
    assert b"option network 'lan'" in files["/etc/config/wireless"].data
    assert dict(files) == theirs(config, {}, os=os)
