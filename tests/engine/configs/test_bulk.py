"""Many devices at once give what each alone gives, and refuse what each alone refuses."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from owtui.engine.configs import alike, library
from owtui.engine.configs.bulk import Renderer
from owtui.engine.configs.model import BACKEND, Rendered
from owtui.engine.configs.render import render
from owtui.engine.configs.validate import ConfigError
from tests.engine.configs.subjects import contexts, subject

TEMPLATE = {
    "general": {"timezone": "{{ zone }}", "description": "{{ name }}"},
    "interfaces": [
        {
            "name": "{{ port }}",
            "type": "{{ kind }}",
            "mtu": 1500,
            "addresses": [
                {"proto": "static", "family": "ipv4", "address": "{{ address }}", "mask": 24}
            ],
        },
        {
            "name": "wlan0",
            "type": "wireless",
            "wireless": {
                "radio": "radio0",
                "mode": "access_point",
                "ssid": "{{ ssid }}",
                "encryption": {"protocol": "wpa2_personal", "key": "{{ key_of_wifi }}"},
            },
        },
    ],
    "dns_servers": ["{{ dns }}", "1.1.1.1"],
    "files": [{"path": "/etc/{{ file }}", "mode": "{{ mode }}", "contents": "{{ name }}"}],
}
# What a schema may take differently: names too long or with blanks, addresses, lengths, equal ones.
VALUES = {
    "zone": ["UTC", "Europe/Rome", "Nowhere"],
    "port": ["eth0", "wlan0", "a b", "x" * 16, "e"],
    "kind": ["ethernet", "bridge", "tunnel", "wireless"],
    "address": ["10.0.0.1", "10.0.0.256", "", "fe80::1"],
    "ssid": ["home", "s" * 33, ""],
    "key_of_wifi": ["12345678", "1234567"],
    "dns": ["1.1.1.1", "8.8.8.8", "dns"],
    "file": ["motd", "a b", "../x"],
    "mode": ["0644", "rw"],
}
devices = st.fixed_dictionaries({name: st.sampled_from(found) for name, found in VALUES.items()})


def outcome(render_one: Any, values: dict[str, str]) -> Rendered | str:
    """What is rendered, or why not."""
    try:
        found: Rendered = render_one(subject(TEMPLATE, contexts=contexts(device=values)))
    except ConfigError as error:
        return error.sentence
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(devices, min_size=1, max_size=6))
def test_what_is_remembered_changes_nothing(fleet: list[dict[str, str]]) -> None:
    renderer = Renderer()
    for values in fleet:
        assert outcome(renderer.render, values) == outcome(render, values)


def test_a_device_alike_is_not_validated_again(monkeypatch: Any) -> None:
    looked = []
    validator = library.validator(BACKEND)

    class Counting:
        def iter_errors(self, config: Any) -> Any:
            looked.append(config)
            return validator.iter_errors(config)

    monkeypatch.setattr(library, "validator", lambda backend: Counting())
    renderer = Renderer()
    good = {name: found[0] for name, found in VALUES.items()} | {"dns": "8.8.8.8"}
    for at in range(5):
        given_name = subject(TEMPLATE, name=f"ap-{at}", contexts=contexts(device=good))
        assert renderer.render(given_name).files
    assert len(looked) == 1
    assert isinstance(outcome(renderer.render, {**good, "port": "a b"}), str)
    assert len(looked) == 2


def test_each_backend_can_be_reasoned_about() -> None:
    assert all(alike.questions(backend) for backend in library.backends())
