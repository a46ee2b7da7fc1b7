"""`owtui keys`: what is in force, whether it clashes, in which preset, and the page about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from owtui import keymap
from owtui.cli.keysdoc import tables
from tests.cli.conftest import CommandLine
from tests.test_house import ROOT


def keys_of(done_json: list[dict[str, object]]) -> dict[str, object]:
    return {str(row["id"]): row["keys"] for row in done_json}


@pytest.fixture
def file(bare: CommandLine) -> Path:
    """The settings file, still to be written."""
    folder = bare.home / "config" / "owtui"
    folder.mkdir(parents=True)
    return folder / "config.toml"


def test_the_page_about_keys_is_fresh() -> None:
    """`make docs` writes it."""
    text = (ROOT / "docs" / "keys.md").read_text("utf-8")
    assert text.endswith(tables()) and text.count("<!--") == 1
    assert all(f"| `{key.id}` |" in text for key in keymap.KEYS)


@pytest.mark.parametrize("preset", keymap.PRESETS)
def test_each_preset_is_printed_and_good(bare: CommandLine, preset: str) -> None:
    printed = keys_of(bare("keys", "--print", "--preset", preset, "--json").json)
    assert set(printed) == {key.id for key in keymap.KEYS}
    assert (
        printed["app.quit"]
        == {
            "default": ["q", "^q"],
            "tmux-safe": ["q"],
            "no-letters": ["F10", "^q"],
        }[preset]
    )
    assert bare("keys", "--check", "--preset", preset).code == 0


def test_what_the_settings_choose_is_printed_and_checked(bare: CommandLine, file: Path) -> None:
    file.write_text(
        'keys_preset = "no-letters"\n[keys]\n'
        '"nav.zoom" = "f11"\n"ui.redraw" = "f12"\n"list.mark" = "U"\n'
    )
    printed = keys_of(bare("keys", "--json").json)
    assert (printed["nav.zoom"], printed["list.mark"]) == (["F11"], ["U"])
    assert printed["dev.shell"] == []
    assert bare("keys", "--check").code == 0
    done = bare("keys", "--check", "--preset", "default")
    assert done.code == 1 and done.out == "clash: U means list.mark and act.upgrade at once.\n"


def test_a_keymap_that_cannot_be_is_refused(bare: CommandLine, file: Path) -> None:
    file.write_text('[keys]\n"list.markk" = "m"\n')
    done = bare("keys", "--check")
    assert done.code == 2 and "The nearest is list.mark." in done.err
    assert bare("keys", "--preset", "emacs").code == 2
