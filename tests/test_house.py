"""The house rules that a linter does not know: sizes, and what must never be in the tree."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILE_WALL = 400
FUNCTION_WALL = 60
SOURCES = sorted(
    path for top in ("owtui", "widgets", "storage") for path in (ROOT / top).rglob("*.py")
)


def tracked() -> list[Path]:
    """What git tracks; in an unpacked archive, without git, nothing."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, timeout=30
        ).stdout.decode()
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).exists()]


def test_no_file_is_longer_than_the_wall() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in SOURCES
        if (lines := len(path.read_text("utf-8").splitlines())) > FILE_WALL
    }
    assert not long


def test_no_function_is_longer_than_the_wall() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_WALL
    ]
    assert not long


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if (text := path.read_text("utf-8")).strip() and not ast.get_docstring(ast.parse(text))
    ]
    assert not [name for name in silent if "__init__" not in name and "/versions/" not in name]


def test_the_locks_hold_hashes_and_name_no_host() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text("utf-8")
        assert "://" not in text, lock.name
        pins = re.findall(r"^[a-zA-Z0-9._-]+(?:\[[^\]]*\])?==", text, re.MULTILINE)
        assert len(pins) > 3
        assert text.count("--hash=sha256:") >= len(pins)


def test_nothing_that_looks_like_a_private_key_is_tracked() -> None:
    marker = "-----BEGIN " + "OPENSSH PRIVATE KEY"
    assert not [p for p in tracked() if marker in p.read_text("utf-8", errors="replace")]
