"""Parameters from text; and acceptance 15 of control.md in OpenWISP's own words."""

from __future__ import annotations

from typing import Any

import pytest

from owtui.engine.actions.openwisp import check_input
from owtui.engine.actions.params import check_secrets, complete, parse_text
from owtui.engine.actions.registry import Registry
from owtui.errors import BlockedError, InputError

REGISTRY = Registry.load()


def refusal(action: str, *pairs: str) -> InputError:
    """What `-p` says of these."""
    with pytest.raises(InputError) as error:
        parse_text(REGISTRY.get(action), pairs)
    return error.value


def test_text_becomes_the_kind_of_the_parameter() -> None:
    assert parse_text(REGISTRY.get("reboot"), ["wait_s=5"]) == {"wait_s": 5}
    found = parse_text(REGISTRY.get("set_tags"), ["add=roof, mesh", "replace=yes"])
    assert found == {"add": "roof, mesh", "replace": True}
    assert parse_text(REGISTRY.get("run_command"), ["command=a=b"]) == {"command": "a=b"}


def test_a_secret_is_never_taken_from_the_command_line() -> None:
    error = refusal("change_password", "password=hunter22")
    assert "secret" in error.sentence
    assert "--password-stdin" in error.hint
    assert "hunter22" not in f"{error.sentence}{error.hint}"


@pytest.mark.parametrize(
    ("action", "pair", "sentence"),
    [
        ("reboot", "wait=5", "reboot has no parameter “wait”."),
        ("reboot", "wait_s", "“wait_s” is no parameter."),
        ("reboot", "wait_s=soon", "wait_s must be a whole number, not “soon”."),
        ("run_command", "timeout_s=long", "timeout_s must be a number, not “long”."),
        ("set_tags", "replace=maybe", "replace must be yes or no, not “maybe”."),
    ],
)
def test_what_cannot_be_used_is_told(action: str, pair: str, sentence: str) -> None:
    assert refusal(action, pair).sentence == sentence


def test_an_unknown_parameter_names_the_nearest() -> None:
    assert refusal("reboot", "wait=5").hint == "Did you mean wait_s?"


def test_defaults_are_filled_in_and_the_schema_is_kept() -> None:
    assert complete(REGISTRY.get("reboot"), {}) == {"wait_s": 180}
    with pytest.raises(InputError, match=r"run_command needs command\."):
        complete(REGISTRY.get("run_command"), {})
    with pytest.raises(InputError, match="-1 is less than the minimum of 0"):
        complete(REGISTRY.get("reboot"), {"wait_s": -1})


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        ({}, "New password is missing."),
        ({"password": "short"}, "New password must have 6 to 30 characters."),
        ({"password": "x" * 31}, "New password must have 6 to 30 characters."),
        ({"password": " " * 8}, "New password may not hold white space only."),
        ({"passwort": "long enough"}, "change_password has no secret “passwort”."),
    ],
)
def test_secrets_are_checked_and_never_quoted(secrets: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as error:
        check_secrets(REGISTRY.get("change_password"), secrets)
    assert error.value.sentence == said


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("custom", {"command": "\n"}, r"'\n' does not match '.'"),
        ("custom", {"command": ""}, "Command cannot be empty."),
        ("reboot", ["test"], "['test'] is not of type 'null'"),
        (
            "change_password",
            {"password": "secret1", "confirm_password": "secret1", "extra": 1},
            "Additional properties are not allowed ('extra' was unexpected)",
        ),
        (
            "change_password",
            {"password": "secret1", "confirm_password": "secret2"},
            "The two passwords differ.",
        ),
    ],
)
def test_acceptance_15_inputs_are_refused_in_openwisps_words(
    kind: str, value: Any, said: str
) -> None:
    with pytest.raises(InputError) as error:
        check_input(kind, value)
    assert error.value.sentence == said


def test_acceptance_15_good_inputs_pass() -> None:
    check_input("custom", {"command": "uptime"})
    check_input("reboot", None)
    check_input("change_password", {"password": "secret1", "confirm_password": "secret1"})


def test_acceptance_15_a_command_that_is_not_enabled_is_refused() -> None:
    enabled = {"__all__": "*", "org-1": ("reboot",)}
    check_input("reboot", None, organization="org-1", enabled=enabled)
    check_input("custom", {"command": "x"}, organization="org-2", enabled=enabled)
    with pytest.raises(BlockedError) as error:
        check_input("change_password", {}, organization="org-1", enabled=enabled)
    assert error.value.sentence == (
        '"change_password" command is not available for this organization'
    )
