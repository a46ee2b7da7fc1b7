"""Nothing that a router answers is obeyed by the terminal, and every cut is exact."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.plaintext import clean, fit, width_of, wrap


@given(st.text())
def test_cleaned_text_is_printable_and_cleaning_again_changes_nothing(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.isprintable()
    assert clean(cleaned) == cleaned


@given(st.text(), st.integers(0, 40), st.sampled_from(["left", "right", "center"]))
def test_fitted_text_has_exactly_the_width(text: str, width: int, align: str) -> None:
    assert width_of(fit(clean(text), width, align)) == width


@given(st.text(), st.integers(2, 40))
def test_wrapped_lines_fit_and_lose_no_word(text: str, width: int) -> None:
    cleaned = clean(text)
    lines = wrap(cleaned, width)
    assert all(width_of(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(cleaned.split())


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("a\x1b[31mred\x1b[0m", "ared"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]52;c;ZXZpbA==\x1b\\x", "x"),
        ("\x1bP+q544e\x1b\\x", "x"),
        ("\x9b2Jx", "x"),
        ("\x1b(0x", "x"),
        ("a\u202eb\u200bc", "abc"),
        ("a\x00\x08\x7fb", "ab"),
        ("a\tb", "a       b"),
        ("a\u00a0b\u2028c", "a b c"),
        ("\x1b", ""),
    ],
)
def test_escapes_go_as_a_whole(hostile: str, harmless: str) -> None:
    assert clean(hostile) == harmless


def test_a_cut_is_told_by_the_ellipsis() -> None:
    assert fit("abcdef", 4) == "abc…"
    assert fit("ab", 4, "right") == "  ab"
    assert fit("ab", 4, "center") == " ab "
