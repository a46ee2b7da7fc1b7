"""CSV inventories, as spreadsheets and OpenWISP write them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from owtui.engine.inventory import record
from owtui.engine.inventory.draft import Draft, Problem, Reading
from owtui.errors import InputError

DELIMITERS = ",;\t|"
CELL = 1_000_000  # characters; a configuration in a cell may be long


def read(text: str) -> Reading:
    """Read a table with a header line. Rows that cannot be used become problems."""
    text = text.removeprefix("\ufeff")
    rows = _rows(text, _delimiter(text))
    try:
        _, header = next(rows, (1, []))
    except csv.Error as problem:
        return _unreadable(f"The header cannot be read: {problem}.")
    names = record.names(header)
    if not {"name", "mac_address"} & set(names):
        return _unreadable(
            "The first line is no header: there is no column name and no mac_address."
        )
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        return _unreadable(f"The header has {doubled[0]} twice.")
    drafts: list[Draft] = []
    problems: list[Problem] = []
    try:
        for line, cells in rows:
            if any(cell.strip() for cell in cells):
                _take(line, names, cells, drafts, problems)
    except csv.Error as problem:
        problems.append(Problem(0, f"The rest of the file cannot be read: {problem}."))
    ignored = tuple(cell.strip() for cell, name in zip(header, names, strict=True) if not name)
    return Reading("csv", tuple(drafts), tuple(problems), tuple(filter(None, ignored)))


def write(records: Iterable[Mapping[str, str]], columns: Iterable[str]) -> str:
    """Write records under these columns; a spreadsheet that opens it runs no formula.

    A cell that begins like a formula gets an apostrophe before it, which `read` takes off again.
    """
    out = io.StringIO()
    plain = csv.writer(out, lineterminator="\n")
    # Before Python 3.13 a carriage return alone is not quoted, and a reader ends the row there.
    quoted = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    names = list(columns)
    plain.writerow(names)
    for each in records:
        cells = [_disarmed(each.get(name, "")) for name in names]
        (quoted if any("\r" in cell for cell in cells) else plain).writerow(cells)
    return out.getvalue()


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _disarmed(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _armed(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell


def _unreadable(sentence: str) -> Reading:
    return Reading("csv", problems=(Problem(1, sentence, "See: owtui devices export"),))


def _delimiter(text: str) -> str:
    """The one that makes the most known columns of the first line."""
    first = text.split("\n", 1)[0]

    def known(delimiter: str) -> int:
        return sum(bool(record.column(cell.strip('" \r'))) for cell in first.split(delimiter))

    return max(DELIMITERS, key=known)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line they begin on; a quoted cell may go over several lines."""
    limit = csv.field_size_limit()
    csv.field_size_limit(max(limit, CELL))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    before = 0
    for cells in reader:
        yield before + 1, cells
        before = reader.line_num


def _take(
    line: int, names: list[str], cells: list[str], drafts: list[Draft], problems: list[Problem]
) -> None:
    if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
        sentence = f"The row has {len(cells)} cells, the header has {len(names)}."
        problems.append(Problem(line, sentence, "Put quotes round a cell that has the delimiter."))
        return
    pairs = zip(names, cells, strict=False)
    values = {
        name: cell if name in record.SECRETS else _armed(cell)
        for name, cell in pairs
        if name and name not in record.READ_ONLY
    }
    try:
        drafts.append(record.draft(line, values))
    except InputError as problem:
        problems.append(Problem(line, problem.sentence, problem.hint))
