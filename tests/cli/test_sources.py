"""Files and standard input as values; what is wrong with them is one sentence."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from owtui.cli import sources
from owtui.errors import InputError


def silent(text: str) -> None:
    raise AssertionError(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"general": {"timezone": "UTC"}}'),
        ("a.yaml", "general:\n  timezone: UTC\n"),
        ("a.yml", "general: {timezone: UTC}"),
        ("a", '\n {"general": {"timezone": "UTC"}}'),
        ("b", "general:\n  timezone: UTC\n"),
        ("bom.json", '\ufeff{"general": {"timezone": "UTC"}}'),
    ],
)
def test_files_are_json_or_yaml(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text, "utf-8")
    assert sources.read_object(str(file), silent) == {"general": {"timezone": "UTC"}}


def test_standard_input_is_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"a": 1}'))
    assert sources.read_object("-", silent) == {"a": 1}


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.json", '{\n  "a": 1,\n}', "a.json, line "),
        ("a.json", "[1]", "A configuration is an object, and this is a list."),
        ("a.yaml", "a: 1\nb: [\n", "a.yaml, line "),
        ("a.json", '{"a": 1, "a": 2}', "a.json, line 1: "),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(
    tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(InputError) as refused:
        sources.read_object(str(file), lambda text: None)
    assert sentence in refused.value.sentence and "\n" not in refused.value.sentence


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        sources.read_object(str(tmp_path / "none.json"), silent)
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        sources.read_object(str(tmp_path), silent)
    (tmp_path / "latin.json").write_bytes(b'{"a": "\xe9"}')
    with pytest.raises(InputError, match="byte 8 is not UTF-8"):
        sources.read_object(str(tmp_path / "latin.json"), silent)


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "LARGEST", 1024 * 1024)
    (tmp_path / "a.json").write_text(" " * (1024 * 1024 + 1))
    with pytest.raises(InputError, match="larger than 1 MiB"):
        sources.read_object(str(tmp_path / "a.json"), silent)
    monkeypatch.setattr(sys, "stdin", io.StringIO(" " * (1024 * 1024 + 1)))
    with pytest.raises(InputError, match="standard input is larger"):
        sources.read_object("-", silent)


def test_values_are_an_object_or_a_file(tmp_path: Path) -> None:
    assert sources.read_values(' {"a": 1}', silent) == ({"a": 1}, True)
    (tmp_path / "v.yaml").write_text("a: 1\n")
    assert sources.read_values(str(tmp_path / "v.yaml"), silent) == ({"a": 1}, False)
    with pytest.raises(InputError, match=r"no JSON object: .* at character 2"):
        sources.read_values("{a}", silent)


def test_secrets_come_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\n two \n"))
    assert sources.from_stdin(["a", "b"]) == {"a": "one", "b": " two "}
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\n"))
    with pytest.raises(InputError) as refused:
        sources.from_stdin(["a", "b"])
    assert refused.value.sentence == "Standard input must hold 2 line(s): a, b."
    assert sources.from_stdin([]) == {}
