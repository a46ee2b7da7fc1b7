"""One table of keys: no clash in what is shipped, every trouble told in what a user chooses."""

from __future__ import annotations

import pytest

from owtui import keymap, keynames
from owtui.errors import InputError

CONTRACT = {
    "app.help": "? f1",
    "app.palette": "ctrl+p f2",
    "app.command": ":",
    "app.quit": "q ctrl+q",
    "app.back": "escape",
    "app.last_view": "-",
    "nav.pane_1": "1",
    "nav.pane_9": "9",
    "nav.pulse": "0",
    "nav.history_back": "[ alt+left",
    "nav.history_forward": "] alt+right",
    "nav.zoom": "z",
    "list.filter": "/",
    "list.mark": "space",
    "list.mark_range": "V",
    "list.mark_all_visible": "*",
    "list.mark_clear": "u",
    "list.sort": "o",
    "list.sort_reverse": "O",
    "list.columns": "c",
    "list.wide": "w",
    "list.copy": "y",
    "list.export": "E",
    "list.faults_only": "F",
    "data.pause": "p",
    "data.refresh": "r",
    "data.refresh_all": "R",
    "data.earlier": ",",
    "data.later": ".",
    "dev.open": "enter",
    "dev.charts": "m",
    "dev.shell": "s",
    "dev.logs": "l",
    "dev.describe": "d",
    "dev.tunnel": "t",
    "dev.config": "e",
    "dev.diff": "D",
    "dev.ignore_drift": "i",
    "act.menu": "a",
    "act.run_command": "x",
    "act.apply": "A",
    "act.upgrade": "U",
    "act.delete": "",
    "alert.ack": "!",
    "alert.silence": "S",
    "topology.path": "P",
    "topology.root": "b",
    "topology.shape": "T",
    "topology.order": "O",
    "template.open": "enter",
    "template.menu": "a",
    "template.new": "n",
    "template.history": "h",
    "template.devices": "d",
    "template.variables": "v",
    "generation.compare": "D",
    "generation.restore": "B",
    "variable.new": "n",
    "variable.menu": "a",
    "edit.page": "f2",
    "edit.external": "f3",
    "edit.check": "f4",
    "edit.device": "f6",
    "edit.problem": "f7",
    "edit.plan": "f8",
    "edit.impact": "f9",
    "edit.kind": "f10",
    "edit.open": "enter",
    "form.save": "f5 ctrl+s",
    "form.cancel": "escape",
    "ui.mouse_toggle": "%",
}


@pytest.mark.parametrize(("id", "keys"), CONTRACT.items())
def test_ids_and_default_keys_are_the_contract(id: str, keys: str) -> None:
    assert keymap.get(id).keys == tuple(keynames.normal(key) for key in keys.split())


def test_every_id_is_used_once_and_says_what_it_does() -> None:
    assert len({key.id for key in keymap.KEYS}) == len(keymap.KEYS)
    assert all(key.label and key.help and key.scope in keymap.SCOPES for key in keymap.KEYS)


@pytest.mark.parametrize("preset", keymap.PRESETS)
def test_no_shipped_preset_clashes_or_uses_keys_that_do_not_arrive(preset: str) -> None:
    assert keymap.clashes(preset=preset) == ()


@pytest.mark.parametrize("preset", keymap.PRESETS)
def test_each_key_that_needs_altgr_has_a_second_binding(preset: str) -> None:
    for key in keymap.resolve(preset=preset):
        if set(key.keys) & keynames.ALTGR:
            assert set(key.keys) - keynames.ALTGR, key.id


def test_names_are_the_ones_textual_gives_to_keys() -> None:
    from textual.keys import _character_to_key  # the only place where Textual says so

    for character, name in keynames._CHARACTERS.items():
        assert _character_to_key(character) == name


def test_only_the_documented_keys_touch_devices() -> None:
    changing = {key.id for key in keymap.KEYS if key.changes}
    assert changing == {
        *("dev.shell", "dev.tunnel", "dev.ignore_drift"),
        *("act.menu", "act.run_command", "act.apply", "act.upgrade", "act.delete"),
        *("job.pause", "job.retry", "job.abort"),
        "edit.plan",
        # what these change is only remembered: a plan brings it to devices
        *("template.new", "template.menu", "generation.restore", "variable.new", "variable.menu"),
        *("alert.ack", "alert.silence", "alert.note"),
    }


def test_no_key_of_a_screen_reuses_one_that_touches_devices() -> None:
    touching = {k for key in keymap.KEYS if key.id.startswith("act.") for k in key.keys}
    for key in keymap.KEYS:
        if not key.changes:
            assert not touching & set(key.keys), key.id


def test_below_the_app_no_ctrl_letter_acts_except_to_save_a_form() -> None:
    for key in keymap.KEYS:
        if key.scope not in ("app", "form"):
            assert not [k for k in key.keys if k.startswith("ctrl+")], key.id


def test_the_preset_without_letters_has_none() -> None:
    for key in keymap.resolve(preset="no-letters"):
        assert not [k for k in key.keys if len(k) == 1 and k.isalpha()], key.id


def test_the_preset_for_tmux_leaves_its_keys_alone() -> None:
    for key in keymap.resolve(preset="tmux-safe"):
        assert not [k for k in key.keys if keynames.taken(k)], key.id


def test_read_only_takes_the_changing_keys_away() -> None:
    all_of_it = {key.id for key in keymap.bindings("device")}
    read_only = {key.id for key in keymap.bindings("device", read_only=True)}
    assert all_of_it - read_only == {
        *("dev.shell", "dev.tunnel", "dev.ignore_drift"),
        *("act.menu", "act.run_command", "act.apply", "act.upgrade", "act.delete"),
    }


def test_a_user_gives_a_key_another_place_and_takes_one_away() -> None:
    chosen = {"list.mark": ["Insert", "␣"], "dev.shell": keymap.DISABLED, "app.help": "?"}
    by_id = {key.id: key.keys for key in keymap.resolve(chosen)}
    assert by_id["list.mark"] == ("insert", "space")
    assert by_id["dev.shell"] == ()
    assert by_id["app.help"] == ("question_mark",)
    assert by_id["list.filter"] == ("slash",)


def test_an_unknown_id_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(InputError) as refused:
        keymap.resolve({"list.markk": ["m"]})
    assert "list.markk" in refused.value.sentence
    assert refused.value.hint == "The nearest is list.mark."


@pytest.mark.parametrize("key", ["", "ctrl+", "hyper+x", "f99", "enterr", "ä", "++"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(InputError, match=r"list\.mark is no key"):
        keymap.resolve({"list.mark": [key]})


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(InputError, match="emacs"):
        keymap.resolve(preset="emacs")


@pytest.mark.parametrize(
    ("overrides", "kind", "ids"),
    [
        ({"list.sort": ["u"]}, "clash", ("list.mark_clear", "list.sort")),
        ({"dev.shell": ["q"]}, "clash", ("app.quit", "dev.shell")),
        ({"list.mark": ["ctrl+enter"]}, "undelivered", ("list.mark",)),
        ({"list.mark": ["ctrl+m"]}, "undelivered", ("list.mark",)),
        ({"list.mark": ["ctrl+shift+x"]}, "undelivered", ("list.mark",)),
        ({"list.mark": ["ctrl+3"]}, "undelivered", ("list.mark",)),
        ({"list.mark": ["cmd+x"]}, "undelivered", ("list.mark",)),
        ({"list.mark": ["ctrl+a"]}, "taken", ("list.mark",)),
        ({"form.save": ["S"]}, "typed", ("form.save",)),
        ({"form.save": ["alt+s"]}, "typed", ("form.save",)),
    ],
)
def test_a_choice_that_will_not_work_is_told(
    overrides: dict[str, list[str]], kind: str, ids: tuple[str, ...]
) -> None:
    told = keymap.clashes(overrides)
    assert [(clash.kind, clash.ids) for clash in told] == [(kind, ids)]
    assert told[0].sentence.endswith(".")


def test_the_same_key_on_screens_that_never_meet_is_no_clash() -> None:
    assert keymap.clashes({"topology.root": ["W"]}) == ()


@pytest.mark.parametrize(
    ("key", "shown", "ascii_shown"),
    [
        ("question_mark", "?", "?"),
        ("space", "␣", "Space"),
        ("enter", "⏎", "Enter"),
        ("ctrl+p", "^p", "^p"),
        ("alt+left", "Alt+←", "Alt+Left"),
        ("shift+tab", "Shift+Tab", "Shift+Tab"),
        ("f5", "F5", "F5"),
        ("f", "f", "f"),
        ("V", "V", "V"),
    ],
)
def test_keys_are_shown_as_people_read_them(key: str, shown: str, ascii_shown: str) -> None:
    assert keynames.shown(key) == shown
    assert keynames.shown(key, ascii_only=True) == ascii_shown


@pytest.mark.parametrize(
    ("typed", "name"),
    [("?", "question_mark"), ("Ctrl+P", "ctrl+p"), ("Esc", "escape"), ("V", "V"), ("+", "plus"),
     ("PgUp", "pageup"), ("F5", "f5"), ("ctrl+?", "ctrl+question_mark")],
)  # fmt: skip
def test_keys_may_be_written_the_way_people_write_them(typed: str, name: str) -> None:
    assert keynames.normal(typed) == name
