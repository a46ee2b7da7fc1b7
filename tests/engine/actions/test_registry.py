"""Actions are found by themselves; a broken plug-in is told and nothing more."""

from __future__ import annotations

import pytest

from owtui.engine import plugins
from owtui.engine.actions.base import Change, FanOut, InventoryChange
from owtui.engine.actions.params import schema_of
from owtui.engine.actions.registry import Registry
from owtui.errors import InputError


def test_every_file_of_the_folder_is_taken_in() -> None:
    assert Registry.load().ids == (
        "accept_host_key",
        "activate",
        "adopt_config",
        "assign_templates",
        "change_password",
        "deactivate",
        "install_key",
        "push_config",
        "reboot",
        "remove_device",
        "rollback_config",
        "run_checks",
        "run_command",
        "set_group",
        "set_organization",
        "set_tags",
        "set_variables",
        "unassign_templates",
        "upgrade",
        "upload_file",
    )


def test_every_action_says_what_it_is() -> None:
    letters = []
    for action in Registry.load():
        assert isinstance(action, Change | FanOut | InventoryChange)
        assert action.title and action.help
        assert schema_of(action)["type"] == "object"
        letters.append(action.letter)
        assert {param.name for param in action.params} == set(schema_of(action)["properties"])
    chosen = [letter for letter in letters if letter]
    assert len(chosen) == len(set(chosen))


def test_an_unknown_action_names_the_nearest() -> None:
    with pytest.raises(InputError) as error:
        Registry.load().get("rebot")
    assert (error.value.sentence, error.value.hint) == (
        "There is no action “rebot”.",
        "Did you mean reboot?",
    )


def test_dashes_are_as_good_as_underscores() -> None:
    assert Registry.load().get("run-command").id == "run_command"


def test_two_actions_of_one_id_are_an_error() -> None:
    registry = Registry.load()
    with pytest.raises(ValueError, match="two actions 'reboot'"):
        registry.add(registry.get("reboot"))


def test_a_plugin_that_cannot_be_loaded_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        name = "wake"

        def load(self) -> object:
            raise ImportError("no module named wake")

    monkeypatch.setattr(plugins, "entry_points", lambda group: [Broken()])
    registry = Registry.load()
    assert [(one.source, one.reason) for one in registry.problems] == [
        ("wake", "ImportError: no module named wake")
    ]
    assert registry.get("reboot").id == "reboot"
