"""Adopting: what a router runs becomes a configuration that renders to the same again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from owtui.engine.configs import archive
from owtui.engine.configs.adopt import Adopted, adopt, packages_in
from owtui.engine.configs.equivalence import equivalent
from owtui.engine.configs.landing import land
from owtui.engine.configs.model import File
from owtui.engine.configs.render import files_of, render
from owtui.engine.configs.sections import package_name, package_path, read, written
from owtui.engine.configs.validate import problems_of
from owtui.engine.openwrt import uci
from owtui.engine.openwrt.uci import Package
from owtui.simulator.configs import Site, factory
from owtui.simulator.models import MODELS, Model, releases_for
from tests.engine.configs.routersections import router_packages, usual_packages
from tests.engine.configs.subjects import subject

DSA, OLD = "OpenWrt 24.10.6", "OpenWrt 19.07.10"
Packages = dict[str, Package]


def rendered(adopted: Adopted, os: str) -> dict[str, File]:
    """The files of a device with what was adopted and no template.

    Without a hostname the device's name would be put in: that is not what is asked here.
    """
    device = subject(config=adopted.config, verbatim=adopted.verbatim, os=os)
    if "hostname" in adopted.config.get("general", {}):
        return dict(render(device).files)
    assert problems_of(adopted.config) == ()
    return files_of(adopted.config, device)


def packages_of(files: dict[str, File]) -> Packages:
    """The packages among files."""
    found = {path: read(path, file) for path, file in files.items()}
    return {package_name(path) or "": one for path, one in found.items() if one is not None}


def check(packages: Packages, os: str = DSA) -> Adopted:
    """Adopt, and prove that it comes back and that a push of it would touch no file."""
    adopted = adopt(packages, os=os)
    json.dumps(adopted.config).encode()
    files = rendered(adopted, os)
    assert equivalent(packages, packages_of(files)) == []
    running = {package_path(name): File(written(one)) for name, one in packages.items()}
    assert land(running, files, {}, {}).changes == {}
    return adopted


def one(package: str, text: str, os: str = DSA) -> Adopted:
    """Adopt one package."""
    return check({package: uci.parse(text, package)}, os)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("gateway", ["", "10.0.0.254"])
def test_every_model_with_every_release_comes_back(model: Model, gateway: str) -> None:
    for release in releases_for(model):
        site = Site("ap-7", "10.0.0.7", "fd00:7::/48", "Lab", "labwifikey", gateway=gateway)
        texts = factory(model, release, site)
        os = f"OpenWrt {release.version}"
        adopted = check({name: uci.parse(text, name) for name, text in texts.items()}, os)
        assert adopted.config["general"]["hostname"] == "ap-7"
        names = {one["name"] for one in adopted.config["interfaces"]}
        assert {"lo", "br-lan"} <= names
        assert len(adopted.config.get("radios", [])) == len(model.radios)
        assert set(adopted.verbatim) == {"dhcp", "firewall", "rpcd"}


def test_a_captured_router_comes_back(shared_data: Path) -> None:
    texts = [path.read_text() for path in (shared_data / "openwrt").glob("uci-export-*.txt")]
    assert len(texts) >= 10
    packages = [uci.parse(text) for text in sorted(texts)]
    adopted = check({package.name: package for package in packages})
    assert sorted(adopted.verbatim) == ["dhcp", "firewall", "rpcd"]
    assert "network.wan6 has device as UCI: NetJSON would say it differently." in adopted.told
    assert "firewall: 12 sections without a name stay UCI text." in adopted.told
    assert not any("labwifikey" in line for line in adopted.told)


def test_the_configuration_that_the_agent_got_comes_back(shared_data: Path) -> None:
    packed = (shared_data / "openwrt/agent/sample-configuration.tar.gz").read_bytes()
    files = archive.unpack(packed)
    others = {path: file for path, file in files.items() if package_name(path) is None}
    adopted = adopt(packages_in(files), others, os=DSA)
    after = rendered(adopted, DSA)
    assert equivalent(packages_of(files), packages_of(after)) == []
    assert {path: after[path] for path in others} == others
    assert adopted.verbatim == {}
    assert adopted.config["interfaces"][0]["wireless"]["ssid"] == "Managed"


@given(router_packages(), st.sampled_from([DSA, OLD]))
@settings(max_examples=60)
def test_any_configuration_comes_back(packages: Packages, os: str) -> None:
    check(packages, os)


@pytest.mark.parametrize("os", [DSA, OLD])
def test_what_is_usual_comes_back_mostly_as_netjson(os: str) -> None:
    adopted = check(dict(usual_packages()), os)
    assert {"general", "interfaces", "led", "ntp", "radios", "routes", "switch"} <= set(
        adopted.config
    )
    assert len(adopted.config["interfaces"]) > 3


# -- the forms --


def test_a_section_is_netjson_where_netjson_says_it() -> None:
    text = "config interface 'lan'\n\toption device 'lan1'\n\toption proto 'static'\n\t"
    text += "option ipaddr '10.0.0.1'\n\toption netmask '255.255.255.0'\n"
    adopted = one("network", text)
    assert adopted.verbatim == {}
    assert adopted.told == ()
    assert adopted.config["interfaces"] == [
        {
            "network": "lan",
            "name": "lan1",
            "type": "ethernet",
            "addresses": [{"address": "10.0.0.1", "mask": 24, "proto": "static", "family": "ipv4"}],
        }
    ]


def test_single_options_that_netjson_would_change_stand_beside() -> None:
    adopted = one("system", "config system\n\toption hostname 'ap'\n\toption timezone 'UTC'\n")
    assert adopted.config == {
        "general": {"hostname": "ap"},
        "system": [{"config_name": "system", "config_value": "system", "timezone": "UTC"}],
    }
    assert adopted.told == ("system.system has timezone as UCI: NetJSON would say it differently.",)


def test_a_section_that_netjson_would_change_is_a_section_of_uci() -> None:
    adopted = one(
        "wireless", "config wifi-iface 'w'\n\toption device 'radio0'\n\toption mode 'ap'\n"
    )
    assert adopted.config == {
        "wireless": [
            {"config_name": "wifi-iface", "config_value": "w", "device": "radio0", "mode": "ap"}
        ]
    }
    assert adopted.told[0].startswith("wireless.w stays a section of UCI: NetJSON")


def test_packages_that_netjson_does_not_know_are_uci_in_netjson() -> None:
    adopted = one("own", "config thing 'a'\n\tlist x 'it'\\''s'\n\tlist x 'two\nlines'\n")
    assert adopted.config == {
        "own": [{"config_name": "thing", "config_value": "a", "x": ["it's", "two\nlines"]}]
    }
    assert (adopted.verbatim, adopted.told) == ({}, ())


@pytest.mark.parametrize(
    ("package", "text", "told"),
    [
        ("firewall", "config rule\n\toption name 'a'\n", "1 section without a name stays"),
        ("own", "config a 'b'\n\toption x '{{ y }}'\n", "with what NetJSON takes for variables"),
        ("own", "config a 'b'\n\toption x '\udcff'\n", "with bytes that are no UTF-8"),
        ("own", "config a 'b-c'\n\toption x '1'\n", "that NetJSON would change"),
        ("files", "config a 'b'\n\toption x '1'\n", "that NetJSON has no place for"),
        ("openvpn", "config openvpn 'a'\n\toption x 'it'\\''s'\n", "that NetJSON has no place for"),
    ],
)
def test_what_netjson_cannot_say_is_uci_text(package: str, text: str, told: str) -> None:
    adopted = one(package, text)
    assert package not in adopted.config
    assert uci.parse(adopted.verbatim[package], package) == uci.parse(text, package)
    assert told in adopted.told[0]


def test_two_interfaces_on_one_device_survive_a_template_with_interfaces() -> None:
    text = "config interface 'wan'\n\toption device 'wan'\n\toption proto 'dhcp'\n\n"
    text += "config interface 'wan6'\n\toption device 'wan'\n\toption proto 'dhcpv6'\n"
    adopted = one("network", text)
    template = {"interfaces": [{"name": "lan9", "type": "ethernet"}]}
    files = render(subject(template, config=adopted.config, verbatim=adopted.verbatim)).files
    package = packages_of(dict(files))["network"]
    assert [section.name for section in package.sections] == ["lan9", "wan", "wan6"]
    assert package.sections[2].options == {"device": "wan", "proto": "dhcpv6"}


def test_the_hostname_is_the_routers_own_also_where_netjson_does_not_take_it() -> None:
    adopted = one("system", "config system 'main'\n\toption hostname 'my_ap'\n")
    package = packages_of(rendered(adopted, DSA))["system"]
    assert [(section.name, section.get("hostname")) for section in package.sections] == [
        ("main", "my_ap")
    ]


def test_a_router_without_a_hostname_gets_the_devices_name_and_that_is_told() -> None:
    adopted = adopt({"system": "config system\n\toption log_size '64'\n"})
    assert adopted.told[-1] == (
        "The router sets no hostname: the device's name will be its hostname."
    )
    files = render(subject(config=adopted.config)).files
    assert "option hostname 'ap-1'" in files["/etc/config/system"].data.decode()
    assert "option log_size '64'" in files["/etc/config/system"].data.decode()


# -- what is left out --


def test_what_cannot_be_adopted_is_left_out_and_told() -> None:
    files = {
        "/etc/motd": File(b"hello {{ name }}\n", 0o600),
        "/etc/bin": File(b"\0"),
        "/etc/latin": File(b"\xff"),
        "/etc/a b": File(b"x"),
    }
    adopted = adopt({"own": "config 'a\n", "ok": "config a 'b'\n\toption x '1'\n"}, files)
    assert adopted.config["files"] == [
        {"path": "/etc/motd", "mode": "0600", "contents": "hello {{ name }}\n"}
    ]
    assert [line.split(":")[0] for line in adopted.told] == [
        "own is left out",
        "/etc/a b is left out",
        "/etc/bin is left out",
        "/etc/latin is left out",
        "/etc/motd holds what looks like variables; they are put in where defined.",
    ]


def test_nothing_is_nothing() -> None:
    assert adopt({}) == Adopted({}, {})
    assert adopt({"own": Package("own")}) == Adopted({}, {})
