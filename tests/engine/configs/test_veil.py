"""Secrets are out of what somebody edits, and come back with their marks when it is saved."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from owtui.engine.configs.masking import secret_spans, secret_value
from owtui.engine.configs.veil import MARK, unveil, veil


def is_secret(key: str, value: str) -> bool:
    return key in ("key", "psk") and "{{" not in value


CONFIG: dict[str, Any] = {
    "interfaces": [
        {"name": "wlan0", "encryption": {"key": "hush-hush", "protocol": "wpa2"}},
        {"name": "wlan1", "encryption": {"key": "{{ psk }}"}},
        {"name": "wlan2", "encryption": {"key": ["one", ""]}},
    ],
    "pin": {"psk": 1234, "name": 5},
}


def test_secrets_are_marks_and_variables_stay() -> None:
    veiled = veil(CONFIG, is_secret)
    assert "hush" not in str(veiled)
    assert veiled.config["interfaces"][0]["encryption"]["key"] == f"{MARK}01"
    assert veiled.config["interfaces"][1]["encryption"]["key"] == "{{ psk }}"
    assert veiled.config["interfaces"][2]["encryption"]["key"] == [f"{MARK}02", ""]
    assert veiled.config["pin"] == {"psk": f"{MARK}03", "name": 5}
    assert unveil(veiled.config, veiled.kept) == (CONFIG, ())


def test_a_mark_is_its_secret_wherever_it_stands() -> None:
    veiled = veil(CONFIG, is_secret)
    moved = {"a": {"key": f"{MARK}02"}, "b": [f"{MARK}01"], "c": f"x {MARK}01 y"}
    assert unveil(moved, veiled.kept) == (
        {"a": {"key": "one"}, "b": ["hush-hush"], "c": "x hush-hush y"},
        (),
    )


def test_a_mark_that_stands_for_nothing_is_told() -> None:
    _, (problem,) = unveil({"a": {"key": f"{MARK}09"}}, {f"{MARK}01": "x"})
    assert problem.path == "#/a/key"
    assert "write the secret itself" in problem.sentence


def test_what_a_slip_leaves_of_a_mark_is_told() -> None:
    veiled = veil({"a": [{"key": f"secret {n}"} for n in range(120)]}, is_secret)
    assert f"{MARK}007" in veiled.kept
    for mark in (f"{MARK}07", "••007", "•", MARK):
        assert unveil({"key": mark}, veiled.kept)[1], mark


def test_secrets_within_a_text_are_hidden_alone() -> None:
    def spans(text: str) -> list[tuple[int, int]]:
        return [one.span(1) for one in re.finditer(r"option key '([^']*)'", text)]

    text = "option ssid 'x'\noption key 'hush'\n"
    veiled = veil({"contents": text}, is_secret, spans)
    assert veiled.config == {"contents": f"option ssid 'x'\noption key '{MARK}01'\n"}
    assert unveil(veiled.config, veiled.kept)[0] == {"contents": text}


def test_a_text_that_looks_like_a_mark_is_one_itself() -> None:
    config = {"description": f"shown as {MARK}01"}
    veiled = veil(config, is_secret)
    assert unveil(veiled.config, veiled.kept) == (config, ())


_words = st.text(alphabet="ab•1 {}", max_size=6)
_values = st.recursive(
    st.none() | st.integers() | _words,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["key", "psk", "name"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["key", "x"]), _values))
def test_what_nobody_changed_comes_back_as_it_was(config: dict[str, Any]) -> None:
    veiled = veil(config, is_secret)
    assert unveil(veiled.config, veiled.kept) == (config, ())


def test_by_the_rule_of_the_house_keys_hashes_and_private_keys_are_hidden() -> None:
    config = {
        "interfaces": [{"wireless": {"encryption": {"key": "hush-hush", "cipher": "auto"}}}],
        "files": [
            {"path": "/etc/shadow", "contents": "root:$1$abc$hushhash:19000:0:99999:7:::\n"},
            {"path": "/etc/k", "contents": "-----BEGIN RSA PRIVATE KEY-----\nhush\n"},
        ],
        "wireguard_peers": [{"public_key": "shown", "preshared_key": "{{ wg }}"}],
    }
    veiled = veil(config, secret_value, secret_spans)
    assert "hush" not in str(veiled.config)
    assert veiled.config["wireguard_peers"] == config["wireguard_peers"]
    assert unveil(veiled.config, veiled.kept) == (config, ())
