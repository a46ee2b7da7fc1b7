"""Many devices at once give what each alone gives, and refuse what each alone refuses."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from owtui.engine.configs import alike, library
from owtui.engine.configs.bulk import Renderer
from owtui.engine.configs.merge import merge, merge_two
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


# --- merging ---

names = st.sampled_from(["lan", "wan", "wlan0"])
plain = st.one_of(st.integers(0, 3), st.sampled_from(["a", "b", ""]), st.booleans(), st.none())
elements = st.one_of(
    st.sampled_from(["8.8.8.8", "1.1.1.1"]),
    st.fixed_dictionaries({"name": names}, optional={"mtu": plain, "type": st.just("ethernet")}),
)
sections = st.dictionaries(st.sampled_from("xyz"), plain)
# A key is of one kind in all layers, and a list of a layer names an element once: a layer that does
# not keep to this is not associative in netjsonconfig either.
lists = st.lists(elements, unique_by=lambda one: one["name"] if isinstance(one, dict) else one)
layers = st.fixed_dictionaries(
    {},
    optional={
        "general": sections,
        "dns": lists,
        "ports": lists,
        "mode": plain,
    },
)


@given(layers, layers, layers)
def test_layers_may_be_merged_in_any_grouping(a: Any, b: Any, c: Any) -> None:
    assert merge_two(merge([a, b]), c) == merge([a, b, c]) == merge([a, merge([b, c])])


@given(layers)
def test_a_layer_over_nothing_and_nothing_over_it_is_the_layer_without_repetitions(a: Any) -> None:
    once = merge([a])
    assert merge([{}, a, {}]) == once
    assert merge([once]) == once


@given(layers, layers)
def test_merging_alters_nothing_that_was_given(a: Any, b: Any) -> None:
    before = repr((a, b))
    for value in merge([a, b]).values():
        if isinstance(value, list):
            value.append("altered")
        elif isinstance(value, dict):
            value["altered"] = 1
    assert repr((a, b)) == before
