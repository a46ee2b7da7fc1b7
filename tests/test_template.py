"""Values enter a shell line as one word each, or the line is refused."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from owtui import template
from owtui.engine.openwrt.quoting import quote
from owtui.template import TemplateError
from tests.tools import tool

HOSTILE = ["'; echo PWNED; '", '"; echo PWNED; "', "$(echo PWNED)", "`echo PWNED`", "a b", "-n", ""]


def words(line: str, **values: str) -> str:
    return template.parse(line).fill({name: quote(value) for name, value in values.items()})


def said(line: str) -> str:
    """What the shell of OpenWrt prints for a line."""
    shell = tool("busybox", "busybox")
    done = subprocess.run([shell, "ash", "-c", line], capture_output=True, text=True, timeout=30)
    assert done.stderr == "", done.stderr
    return done.stdout


def test_text_around_the_places_stays_as_it_is() -> None:
    assert words("ping -c {count} {host}:80", count="3", host="a b") == "ping -c 3 'a b':80"
    assert words("awk '{print $1}' {file}", file="/tmp/x") == "awk '{print $1}' /tmp/x"
    assert words("echo ${HOME} {{name}}") == "echo ${HOME} {name}"
    assert words("echo ${name} {name}", name="x") == "echo ${name} x"
    assert template.parse("echo '{{name}}'; date").names == ()


@pytest.mark.parametrize(
    "line",
    [
        "printf '[%s]' {value}",
        "x=$(printf %s {value}); printf '[%s]' \"$x\"",
        'printf "[%s]" {value}',
        'x="${HOME}" && printf "[%s]" {value}',
        "# it's a comment\nprintf '[%s]' {value}",
        "printf '[%s]' \\\n {value}",
        "if true; then (printf '[%s]' {value}); fi",
        "echo a\\\n#'b c'>/dev/null; printf '[%s]' {value}",
    ],
)
@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_is_one_word_to_a_real_shell(line: str, value: str) -> None:
    assert said(words(line, value=value)) == f"[{value}]"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("a'\"\\$`(){};&|<># \t-*?~", min_size=1), min_size=1, max_size=40))
def test_no_value_ever_leaves_its_word(values: list[str]) -> None:
    made = template.parse("printf '[%s]\\n' {value}").fill
    line = ";".join(made({"value": quote(value)}) for value in values)
    assert said(line) == "".join(f"[{value}]\n" for value in values)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('ping "{host}"', "stands in quotes"),
        ("ping '{host}'", "stands in quotes"),
        ('echo "$(echo "{host}")"', '"$( )" in quotes'),
        ('echo "${x:-"{host}"}"', '"$( )" in quotes'),
        ("echo `echo {host}`", "backticks"),
        ('echo "`date`" {host}', "backticks"),
        ("cat <<END\n{host}\nEND", "here-document"),
        ("echo $(( {count} + 1 ))", "arithmetic"),
        ("echo $'a\\'' {host}", "$' '"),
        ("true # {host}", "comment"),
        ("true;# {host}", "comment"),
        ("echo ${x:-{host}}", "within ${ }"),
        ("echo {host} 'open", "a quote is not closed"),
        ("echo \\' '{host}", "stands in quotes"),
    ],
)
def test_a_place_where_a_value_could_break_out_is_refused(line: str, why: str) -> None:
    with pytest.raises(TemplateError) as error:
        template.parse(line)
    assert why in str(error.value)


def test_what_takes_no_value_may_be_any_shell() -> None:
    line = "cat <<END\nit's `date` $((1+1))\nEND"
    assert words(line) == line
