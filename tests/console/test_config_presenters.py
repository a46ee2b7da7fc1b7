"""What the screens of configurations say, without a screen."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest

from owtui.console.presenters import deviceconfig, editor, generations, impact, templates, variables
from owtui.engine.configs.entries import GenerationRow, TemplateRow
from owtui.engine.configs.model import Problem
from owtui.engine.configs.sheet import Alike, Assigned, DeviceConfig, Impact, Look, Scope, Sheet
from owtui.engine.configs.sheet import Variable as Shown
from tests.console.seed import NOW
from widgets.glyphs import ASCII, UTF8
from widgets.rowmodel import Row


def id_(number: int) -> UUID:
    return UUID(int=number)


def texts(row: Row) -> list[str]:
    return [row.text(place) for place in range(len(row.cells))]


def template(**fields: Any) -> TemplateRow:
    """A template as the engine lists it."""
    plain: dict[str, Any] = {
        **{"id": id_(1), "name": "roof-ap", "organization": "", "organization_id": None},
        **{"type": "generic", "backend": "netjsonconfig.OpenWrt", "tags": ("roof",)},
        **{"default": False, "required": False, "notes": "", "generation": 14, "devices": 27},
        **{"groups": 1, "modified": NOW - timedelta(hours=2)},
    }
    return TemplateRow(**{**plain, **fields})


SHEET = Sheet("template", id_(1), "roof-ap", "{}", generation=14, devices=(id_(2), id_(3)))
PROBLEMS = (
    Problem("Channel 100 needs DFS.", "#/radios/0/channel", 3, "warning"),
    Problem("{{ enc }} is not set.", "#/x", 11),
    Problem("Nowhere."),
)
IMPACT = Impact(
    (
        Alike("blocked", "missing enc", "", ((id_(4), "ap-4"), (id_(5), "ap-5"))),
        Alike("change", "+2 -1", "+a\n", ((id_(3), "ap-3"),)),
        Alike("change", "+3 -1", "+b\n", ((id_(1), "ap-1"), (id_(2), "ap-2"))),
        Alike("same", "", "", ()),
    )
)


def line(pieces: list[Any]) -> str:
    return " | ".join(piece.text for piece in pieces)


def test_the_lines_around_the_text() -> None:
    assert line(editor.tabs(2, SHEET, "ap-4", "F6")) == (
        "Source | Rendered | [Diff] | Vars | preview as: ap-4 (F6 change)"
    )
    assert "no device uses it yet" in line(editor.tabs(0, SHEET, "", "F6"))
    assert editor.name(SHEET, False) == "roof-ap v14"
    assert editor.name(SHEET, True) == "roof-ap v14 → draft*"
    assert editor.used(SHEET) == "used by 2 devices"


def test_problems_stand_at_their_lines_and_the_cursor_s_line_comes_first() -> None:
    marks = editor.marks(PROBLEMS)
    assert [(one.line, one.role) for one in marks] == [
        (3, "problem"),
        (11, "critical"),
        (0, "critical"),
    ]
    first, second = editor.problem_lines(PROBLEMS, 3, "F7", UTF8)
    assert line(first) == "! line 3: Channel 100 needs DFS. | F7 next problem (2 more)"
    assert line(second) == "✖ Nowhere."
    assert line(editor.problem_lines(PROBLEMS, 1, "", ASCII)[0]) == "x Nowhere."
    assert editor.problem_lines((), 1, "F7", UTF8) == []


def test_the_impact_is_counted_in_one_line() -> None:
    assert line(editor.impact_line(IMPACT, 5, "F9")) == (
        "impact | 3 change | 2 blocked (missing enc) | 0 same | F9 shows all of them"
    )
    assert line(editor.impact_line(None, 1000, "F9")) == "impact | F9 looks at 1000 devices"
    assert line(editor.impact_line(None, 0, "F9")) == "impact | no device uses it"
    assert IMPACT.total == 5


def test_the_status_says_whether_it_is_valid_and_saved() -> None:
    assert "checking | unsaved" in line(editor.state(None, True, False, UTF8))
    assert "2 errors | saved" in line(editor.state(Look(PROBLEMS), False, False, UTF8))
    assert line(editor.state(Look(), False, True, UTF8)) == "valid | secrets hidden"


def test_a_difference_says_what_it_is_of_and_its_numbers() -> None:
    look = Look(diff="wireless\n+ x\n", summary="1 file, +1 -0", against="what it runs")
    assert editor.diff_text(look, SHEET, "ap-4", True).splitlines() == [
        *("--- ap-4: what it runs", "+++ roof-ap draft", "wireless", "+ x", "", "1 file, +1 -0")
    ]
    assert "+++ roof-ap v14" in editor.diff_text(look, SHEET, "ap-4", False)
    assert editor.diff_text(Look(), SHEET, "", False) == ""


def test_variables_without_a_value_come_first() -> None:
    rows = editor.variable_rows(
        [Shown("b", "1", "group roof"), Shown("z"), Shown("a", "•••", "device", used=False)], UTF8
    )
    assert [texts(row) for row in rows] == [
        ["z", "not set", "–"],
        ["a", "•••", "device"],
        ["b", "1", "group roof"],
    ]


def test_equal_changes_are_one_group_the_largest_first() -> None:
    groups = impact.groups(IMPACT)
    assert [(one.title, one.count, one.names) for one in groups[:3]] == [
        ("change: +3 -1", 2, ("ap-1", "ap-2")),
        ("change: +2 -1", 1, ("ap-3",)),
        ("blocked: missing enc", 2, ("ap-4", "ap-5")),
    ]
    assert [row.text(1) for row in impact.rows(IMPACT, UTF8)] == [f"ap-{n}" for n in range(1, 6)]
    assert line(impact.counts(IMPACT)) == "3 change | 2 blocked | 0 same"
    assert impact.text(groups[0]) == "change: +3 -1\n\n2 devices: ap-1, ap-2\n\n+b\n"


def test_a_template_is_a_row_with_who_gets_it_and_who_uses_it() -> None:
    (row,) = templates.rows([template(required=True)], [], NOW, UTF8)
    assert texts(row) == [
        *("roof-ap", "shared", "required", "27", "v14", "11-23 14:12"),
        *("roof", "generic", "OpenWrt", ""),
    ]
    (row,) = templates.rows(
        [template(default=True, organization="north")], [str(id_(1))], NOW, UTF8
    )
    assert texts(row)[:3] == ["roof-ap (draft)", "north", "default"]
    assert templates.fields(template())["org"] == "shared"


def test_the_list_of_templates_as_a_file_runs_no_formula_and_holds_no_content() -> None:
    told = [template(name="=cmd()")]
    (row,) = csv.DictReader(StringIO(templates.as_file(told, "csv")))
    assert (row["name"], row["default"], row["used"], row["tags"]) == (
        "'=cmd()",
        "no",
        "27",
        "roof",
    )
    (back,) = json.loads(templates.as_file(told, "json"))
    assert back["name"] == "=cmd()" and back["modified"] == "2026-11-23T14:12:00Z"
    assert "config" not in back
    assert templates.line(template()).startswith("roof-ap\tshared")


def test_the_form_of_a_template_says_what_is_wrong() -> None:
    fields = {field.key: field.value for field in templates.form(template(default=True))}
    assert fields["default"] == "yes" and fields["tags"] == "roof"
    assert templates.wrong(fields) == {}
    assert templates.read(fields).default is True
    assert set(templates.wrong({**fields, "name": " ", "required": "perhaps"})) == {
        "name",
        "required",
    }


def generation(number: int, **fields: Any) -> GenerationRow:
    return GenerationRow(number, NOW, "eva", "noc-1", **fields)


def test_generations_are_rows_and_two_of_them_are_compared() -> None:
    rows = generations.rows([generation(3, note="n"), generation(2, kind="push")])
    assert [row.text(0) for row in rows] == ["v3", "v2"]
    assert [row.text(3) for row in rows] == ["now", "push"]
    assert generations.fields(generation(2))["number"] == "v2"


@pytest.mark.parametrize(
    ("marks", "cursor", "two"),
    [
        (["1", "3"], "2", (1, 3)),
        ([], "2", (2, 5)),
        (["1"], "4", (1, 4)),
        (["1"], "1", (1, 5)),
        ([], "5", None),
        (["1", "2", "3"], "5", None),
        ([], None, None),
    ],
)
def test_the_marked_two_or_this_one_and_the_newest(
    marks: list[str], cursor: str | None, two: tuple[int, int] | None
) -> None:
    assert generations.pair(marks, cursor, 5) == two


def test_a_scope_is_a_row_and_a_closed_vault_counts_nothing() -> None:
    scopes = [
        Scope("global", None, "all devices", variables=2, devices=40),
        Scope(
            "group", id_(1), "roof", "default", None, ((id_(2), "base"), (id_(3), "roof-ap")), 12
        ),
    ]
    rows = variables.scope_rows(scopes, UTF8)
    assert [row.key for row in rows] == ["global:", f"group:{id_(1)}"]
    assert texts(rows[1]) == ["group", "roof", "default", "–", "12", "base, roof-ap"]
    assert texts(rows[0])[3] == "2"
    assert variables.scope_fields(scopes[1])["templates"] == "base roof-ap"


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("36", 36),
        ('"36"', "36"),
        ("true", True),
        ("roof", "roof"),
        ("[1, 2]", [1, 2]),
        (" x ", " x "),
        ("", ""),
        ("02:11", "02:11"),
        ('"quoted"', "quoted"),
    ],
)
def test_a_value_is_typed_as_json_or_as_plain_text(typed: str, value: object) -> None:
    assert variables.value_of(typed) == value
    assert variables.value_of(variables.text_of(value)) == value


def test_the_name_of_a_variable_is_one_that_a_configuration_can_hold() -> None:
    for name in ("", "a b", "1a", "ä", "a-b"):
        assert variables.wrong({"name": name, "value": ""}), name
    assert variables.wrong({"name": "mesh_id2", "value": ""}) == {}


CONFIG = DeviceConfig(
    status="modified",
    checksum="0123456789abcdef",
    drift="network",
    read_at=NOW - timedelta(minutes=5),
    templates=(Assigned(id_(1), "base", 3, "required"), Assigned(id_(2), "roof-ap", 14, "group")),
    own=("radios",),
    verbatim=("mwan3",),
    unmanaged=("luci",),
    variables=2,
    unset=("enc",),
    last=GenerationRow(12, datetime(2026, 11, 20, tzinfo=UTC), "eva", "noc-1", kind="push"),
)


def test_a_device_s_configuration_tells_how_it_stands_and_what_it_is_made_of() -> None:
    assert line(deviceconfig.status(CONFIG, NOW)) == (
        "modified: changed here, not on the device yet | drift: network | md5 01234567"
    )
    rows = {row.key: texts(row) for row in deviceconfig.rows(CONFIG, UTF8)}
    assert list(rows) == [
        *("templates", f"template:{id_(1)}", f"template:{id_(2)}", "own", "variables", "history"),
        "unmanaged",
    ]
    assert rows[f"template:{id_(2)}"] == ["   2", "roof-ap", "v14", "group"]
    assert rows["own"][1] == "radios; UCI of mwan3"
    assert rows["variables"][1] == "2 set on the device; not set: enc"
    assert rows["history"][1].startswith("v12 push 2026-11-20")
    assert "roof-ap\tv14\tgroup" in deviceconfig.text("ap-1", CONFIG, NOW, UTF8)


def test_a_device_without_a_configuration_says_so() -> None:
    empty = DeviceConfig()
    assert line(deviceconfig.status(empty, NOW)) == "no configuration of ours yet"
    rows = {row.key: texts(row)[1] for row in deviceconfig.rows(empty, UTF8)}
    assert rows["templates"] == "none"
    assert rows["own"] == "nothing beside its templates"
    assert rows["history"] == "nothing was applied yet"
    closed = DeviceConfig(status="applied", closed="The vault is closed.", merge=False)
    assert "never read" in line(deviceconfig.status(closed, NOW))
    assert "replaced whole" in line(deviceconfig.status(closed, NOW))
    assert {r.key: texts(r)[1] for r in deviceconfig.rows(closed, UTF8)}["own"] == (
        "The vault is closed."
    )


def test_two_texts_are_compared_as_a_unified_diff() -> None:
    assert editor.unified("a\nb\n", "a\nc\n", ("v1", "v2")).splitlines()[:2] == ["--- v1", "+++ v2"]
    assert editor.unified("a", "a", ("v1", "v2")) == ""
