"""From layers to files: OpenWISP's rules and examples, and where the library is mended."""

from __future__ import annotations

import json
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
from netjsonconfig import OpenWrt

from owtui.engine.configs import archive
from owtui.engine.configs.merge import merge
from owtui.engine.configs.model import File, Layer
from owtui.engine.configs.render import render, render_text, uses_dsa
from owtui.engine.configs.validate import ConfigError, validate
from owtui.engine.configs.variables import context_of
from owtui.engine.openwrt import uci
from owtui.errors import InputError
from tests.engine.configs.subjects import DEVICE, contexts, subject, text

SHARED = Path(__file__).parents[4] / "shared"
WIRELESS = {
    "interfaces": [
        {
            "name": "wlan0",
            "type": "wireless",
            "wireless": {
                "ssid": "A",
                "radio": "radio0",
                "mode": "access_point",
                "network": ["lan"],
            },
        }
    ],
    "dns_servers": ["8.8.8.8"],
}


def eth0(*addresses: dict[str, Any]) -> dict[str, Any]:
    return {"interfaces": [{"name": "eth0", "type": "ethernet", "addresses": list(addresses)}]}


DHCP = {"proto": "dhcp", "family": "ipv4"}
STATIC = {"proto": "static", "family": "ipv4", "address": "10.0.0.2", "mask": 24}


# --- acceptance example 3: merging ---


def test_acceptance_3_elements_of_one_name_merge_and_their_lists_add_up() -> None:
    own = {
        "interfaces": [{"name": "wlan0", "wireless": {"ssid": "B", "network": ["wan"]}}],
        "dns_servers": ["8.8.8.8", "1.1.1.1"],
    }
    merged = merge([WIRELESS, own])
    (wlan0,) = merged["interfaces"]
    assert wlan0["wireless"] == {
        "ssid": "B",
        "radio": "radio0",
        "mode": "access_point",
        "network": ["lan", "wan"],
    }
    assert merged["dns_servers"] == ["8.8.8.8", "1.1.1.1"]


def test_acceptance_3_addresses_of_one_interface_add_up() -> None:
    network = text(render(subject(eth0(DHCP), config=eth0(STATIC))), "network")
    read = uci.parse(network, "network")
    found = {one.name: one.get("proto") for one in read.typed("interface")}
    assert found == {"eth0": "static", "eth0_2": "dhcp"}


def test_acceptance_3_an_empty_list_takes_nothing_away() -> None:
    assert merge([{"dns_servers": ["1.1.1.1"]}, {"dns_servers": []}]) == {
        "dns_servers": ["1.1.1.1"]
    }


def test_acceptance_3_radios_merge_option_by_option() -> None:
    radio = {"name": "radio0", "phy": "phy0", "driver": "mac80211", "protocol": "802.11n"}
    layers = (
        {"radios": [{**radio, "channel": 0, "country": "00", "channel_width": 20}]},
        {"radios": [{"name": "radio0", "country": "US"}]},
    )
    own = {"radios": [{"name": "radio0", "channel": 10}]}
    read = uci.parse(text(render(subject(*layers, config=own)), "wireless"), "wireless")
    section = read.section("radio0")
    assert section is not None
    wanted = {"channel": "10", "country": "US", "htmode": "HT20", "band": "2g"}
    assert {name: section.get(name) for name in wanted} == wanted


def test_acceptance_3_a_dictionary_and_a_list_cannot_merge() -> None:
    with pytest.raises(InputError, match="Incompatible type for 'a': expected dict, got list"):
        merge([{"a": {}}, {"a": []}])


@pytest.mark.parametrize("contents", ["1", "2"])
def test_acceptance_3_of_files_with_one_path_the_last_is_meant(contents: str) -> None:
    def file(said: str) -> dict[str, Any]:
        return {"files": [{"path": "/etc/motd", "mode": "0600", "contents": said}]}

    rendered = render(subject(file("1"), config=file(contents)))
    assert rendered.files["/etc/motd"] == File(contents.encode(), 0o600)


# --- acceptance example 4: variables ---


def test_acceptance_4_the_nearest_scope_wins() -> None:
    scopes = {
        "everywhere": {"variable_type": "global"},
        "organization": {"variable_type": "organization", "SSID": "OpenWISP"},
        "group": {"variable_type": "group", "radio": "radio0"},
        "device": {"variable_type": "user-defined-variable", "id": "mine", "test": "1"},
    }
    seen = []
    for gone in (None, "device", "group", "organization"):
        if gone:
            del scopes[gone]
        seen.append(context_of(subject(contexts=contexts(**scopes))))
    assert [one["variable_type"] for one in seen] == [
        "user-defined-variable",
        "group",
        "organization",
        "global",
    ]
    assert [one["id"] for one in seen] == ["mine", *[str(DEVICE)] * 3]


def test_acceptance_4_the_system_view_leaves_the_device_out() -> None:
    found = context_of(
        subject(contexts=contexts(organization={"SSID": "OpenWISP"}, device={"test": "1"})),
        system=True,
    )
    assert found["SSID"] == "OpenWISP"
    assert "test" not in found


def test_acceptance_4_the_later_template_has_the_last_word_on_defaults() -> None:
    layers = tuple(
        Layer(DEVICE, name, {}, {"vni": vni}) for name, vni in (("first", 1), ("second", 2))
    )
    assert context_of(subject(layers=layers))["vni"] == 2


@pytest.mark.parametrize("scope", ["everywhere", "organization", "group"])
def test_nobody_but_the_device_itself_renames_it(scope: str) -> None:
    """Upstream lets wider scopes shadow these, against its own documentation (§17.1)."""
    found = context_of(subject(contexts=contexts(**{scope: {"name": "shadow"}})))
    assert found["name"] == "ap-1"


def test_acceptance_4_unknown_variables_stay_and_are_told() -> None:
    said = {"files": [{"path": "/x", "mode": "0644", "contents": "{{ a }}-{{b}}-{{ missing }}"}]}
    rendered = render(subject(said, contexts=contexts(device={"a": 1, "b": "x"})))
    assert rendered.files["/x"].data == b"1-x-{{ missing }}"
    assert rendered.unset == ("missing",)


# --- hostname, DSA, archive ---


def test_the_name_of_a_device_is_its_hostname_whatever_templates_say() -> None:
    template = {"general": {"hostname": "of-the-template", "timezone": "Europe/Rome"}}
    found = text(render(subject(template, name="00:11:22:33:44:55")), "system")
    assert "option hostname '00-11-22-33-44-55'" in found
    own = {"general": {"hostname": "mine"}}
    assert "option hostname 'mine'" in text(render(subject(template, config=own)), "system")


@pytest.mark.parametrize(
    ("os", "dsa"),
    [
        ("OpenWrt 21.02.2 r16495-bf0c965af0", True),
        ("openwrt 24.10", True),
        ("OpenWrt 19.02.2 r16495", False),
        ("OpenWrt SNAPSHOT", True),
        ("", True),
    ],
)
def test_the_syntax_follows_the_release(os: str, dsa: bool) -> None:
    assert uses_dsa(os) is dsa
    bridge = {"interfaces": [{"name": "br-lan", "type": "bridge", "bridge_members": ["eth0"]}]}
    assert ("config device" in text(render(subject(bridge, os=os)), "network")) is dsa


def test_the_archive_is_the_same_bytes_each_time_and_its_md5_is_the_checksum() -> None:
    first, second = render(subject(WIRELESS)), render(subject(WIRELESS))
    assert first.archive == second.archive
    assert first.checksum == md5(first.archive, usedforsecurity=False).hexdigest()
    assert archive.unpack(first.archive) == dict(first.files)


def test_what_is_no_archive_is_refused_in_words() -> None:
    with pytest.raises(InputError, match="no archive of a configuration"):
        archive.unpack(b"half a download")


# --- where the library is mended ---


def test_mended_contents_beyond_ascii_are_whole_in_the_archive() -> None:
    said = {"files": [{"path": "/etc/motd", "mode": "0644", "contents": "caffè però"}]}
    found = archive.unpack(render(subject(said)).archive)
    assert found["/etc/motd"].data == "caffè però".encode()
    theirs = archive.unpack(OpenWrt(said).generate().getvalue())
    assert theirs["/etc/motd"].data != "caffè però".encode()  # else this can go


@pytest.mark.parametrize("value", [r"C:\new\1", r"\g<0>", "$&", r"\\", "{{ b }}"])
def test_mended_a_value_is_put_in_as_it_is(value: str) -> None:
    said = {"files": [{"path": "/x", "mode": "0644", "contents": "<{{ a }}>"}]}
    rendered = render(subject(said, contexts=contexts(device={"a": value, "b": "no"})))
    assert rendered.files["/x"].data.decode() == f"<{value}>"


@pytest.mark.parametrize("value", ["it's", 'say "x"', "a    b", "x\noption y", "\\'", "ü"])
def test_mended_a_value_of_an_option_is_read_back_as_it_was(value: str) -> None:
    own = {"luci": [{"config_name": "core", "config_value": "main", "title": value}]}
    read = uci.parse(text(render(subject(own)), "luci"), "luci")
    assert read.sections[0].options == {"title": value}


def test_mended_upstream_vlans_of_one_name_are_two() -> None:
    def vlan(vid: int) -> dict[str, Any]:
        return {"type": "8021q", "name": "br-lan", "vid": vid}

    merged = merge(
        [{"interfaces": [vlan(1), vlan(2)]}, {"interfaces": [{"type": "ethernet", "name": "eth0"}]}]
    )
    assert [one.get("vid") for one in merged["interfaces"]] == [1, 2, None]


def test_mended_blocks_that_would_be_left_out_are_problems() -> None:
    (found,) = validate({"sqm": [{"interface": "wan"}]})
    assert found.path == "#/sqm/0"
    assert "config_name" in found.sentence


# --- markers ---


def test_a_list_is_replaced_from_above() -> None:
    own = {"interfaces": [{"name": "eth0", "addresses": [{"$merge": "replace"}, STATIC]}]}
    (found,) = merge([eth0(DHCP), own])["interfaces"]
    assert found["addresses"] == [STATIC]


def test_elements_values_and_keys_are_removed_from_above() -> None:
    template = {
        "interfaces": [{"name": "eth0"}, {"name": "eth1"}],
        "files": [{"path": "/a", "contents": ""}, {"path": "/b", "contents": ""}],
        "dns_servers": ["1.1.1.1", "8.8.8.8"],
        "general": {"timezone": "UTC", "maintainer": "x"},
        "ntp": {"enabled": True},
    }
    own = {
        "interfaces": [{"name": "eth0", "$merge": "remove"}],
        "files": [{"path": "/a", "$merge": "remove"}],
        "dns_servers": [{"$merge": "remove", "value": "8.8.8.8"}, "9.9.9.9"],
        "general": {"maintainer": {"$merge": "remove"}},
        "ntp": {"$merge": "remove"},
    }
    assert merge([template, own]) == {
        "interfaces": [{"name": "eth1"}],
        "files": [{"path": "/b", "contents": ""}],
        "dns_servers": ["1.1.1.1", "9.9.9.9"],
        "general": {"timezone": "UTC"},
    }


def test_no_marker_reaches_what_is_rendered() -> None:
    lonely = {
        "dns_servers": [{"$merge": "replace"}, "1.1.1.1"],
        "general": {"maintainer": {"$merge": "remove"}},
        "files": [{"path": "/a", "$merge": "remove"}],
    }
    assert "$merge" not in json.dumps(merge([lonely]))
    assert "$merge" not in render_text(render(subject(lonely)))


@pytest.mark.parametrize(
    ("config", "path", "said"),
    [
        ({"general": {"a": {"$merge": "delete"}}}, "#/general/a/$merge", "no marker"),
        ({"dns_servers": ["1.1.1.1", {"$merge": "replace"}]}, "#/dns_servers/1", "put first"),
        ({"general": {"$merge": "replace"}}, "#/general", "put first in a list"),
        ({"files": [{"$merge": "remove"}]}, "#/files/0", "Nothing says what"),
    ],
)
def test_a_marker_that_says_nothing_is_a_problem(config: Any, path: str, said: str) -> None:
    (found,) = validate(config)
    assert found.path == path
    assert said in found.sentence


# --- problems ---


def test_every_problem_is_told_with_its_place() -> None:
    config = {"dns_servers": 5, "interfaces": [{"name": "a b", "type": "ethernet"}]}
    assert {one.path for one in validate(config)} >= {"#/dns_servers"}
    assert any(one.path.startswith("#/interfaces/0") for one in validate(config))


def test_of_several_kinds_the_one_that_is_meant_is_told() -> None:
    (found,) = validate({"interfaces": [{"name": "br", "type": "bridge", "addresses": []}]})
    assert (found.sentence, found.path) == (
        "'bridge_members' is a required property",
        "#/interfaces/0",
    )


def test_of_hundreds_of_values_the_nearest_are_named() -> None:
    (found,) = validate({"general": {"timezone": "Europe/Rom"}})
    assert "'Europe/Rome'" in found.sentence
    assert len(found.sentence) < 120
    (found,) = validate({"general": {"timezone": "{{ zone }}"}})
    assert "zone has no value" in found.sentence


def test_a_conflict_is_told_in_openwisps_words() -> None:
    with pytest.raises(ConfigError) as caught:
        render(subject({"dns_servers": ["1.1.1.1"]}, config={"dns_search": 5}))
    assert caught.value.sentence.startswith(
        "There is a conflict with the specified templates. "
        'Invalid configuration triggered by "#/dns_search", validator says: '
    )


def test_a_template_is_checked_with_its_default_values() -> None:
    template = {"interfaces": [{"name": "eth0", "type": "{{ kind }}"}]}
    assert validate(template)
    assert validate(template, {"kind": "ethernet"}) == ()


def test_verbatim_uci_joins_what_is_rendered() -> None:
    own = {"general": {"timezone": "Europe/Rome"}}
    added = "config system 'system'\n\toption log_size '64'\n\nconfig led 'usb'\n"
    read = uci.parse(text(render(subject(own, verbatim={"system": added})), "system"), "system")
    assert [one.name for one in read.sections] == ["system", "usb"]
    assert read.sections[0].get("log_size") == "64"
    with pytest.raises(ConfigError, match="verbatim UCI of system is broken"):
        render(subject(own, verbatim={"system": "option without a section"}))


def test_what_the_library_renders_rightly_is_rendered_alike() -> None:
    file = SHARED / "data" / "workloads" / "templates.json"
    if not file.exists():
        pytest.skip("../shared/data/workloads/templates.json is missing")
    templates = json.loads(file.read_text())
    layers = tuple(
        Layer(DEVICE, one["name"], one["config"], one["default_values"]) for one in templates
    )
    device = subject(layers=layers)
    theirs = OpenWrt(
        {"general": {"hostname": "ap-1"}},
        templates=[one["config"] for one in templates],
        context=context_of(device),
    )
    assert archive.unpack(theirs.generate().getvalue()) == dict(render(device).files)
