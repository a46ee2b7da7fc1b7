"""Staged statements, as libuci keeps them in /tmp/.uci: made from a package, played on a package.

A mark says what a line does: none sets, + adds, - deletes, | and ~ change lists, @ renames, ^
orders.
"""

from __future__ import annotations

from .uci_file import Package, Section, quoted, words_of


def statements(package: Package) -> list[str]:
    """Return what would have to be staged to make this package."""
    lines: list[str] = []
    for section in package.sections:
        path = f"{package.name}.{section.name}"
        lines.append(f"{'+' if section.anonymous else ''}{path}={quoted(section.type)}")
        for name, value in section.options.items():
            if isinstance(value, str):
                lines.append(f"{path}.{name}={quoted(value)}")
            else:
                lines += [f"|{path}.{name}={quoted(item)}" for item in value]
    return lines


def apply(package: Package, line: str) -> None:
    """Play one staged statement on a package; what no longer fits is passed over."""
    mark, rest = (line[0], line[1:]) if line[0] in "+-|~@^" else ("", line)
    path, _, raw = rest.partition("=")
    value = "".join(words_of(raw)[0])
    _, name, *tail = path.split(".")
    option = tail[0] if tail else None
    section = package.find(name)
    if mark == "+":
        package.add(value).name = name
    elif section is None:
        if mark == "" and option is None:
            package.add(value, name)
    elif mark == "^":
        package.sections.remove(section)
        package.sections.insert(int(value), section)
    elif option is None:
        _change_section(package, section, mark, value)
    else:
        _change_option(section, option, mark, value)


def _change_section(package: Package, section: Section, mark: str, value: str) -> None:
    if mark == "-":
        package.sections.remove(section)
    elif mark == "@":
        section.name, section.anonymous = value, False
    else:
        section.type = value


def _change_option(section: Section, option: str, mark: str, value: str) -> None:
    options = section.options
    before = options.get(option, [])
    items = [before] if isinstance(before, str) else before
    if mark == "-":
        options.pop(option, None)
    elif mark == "@":
        section.options = {value if k == option else k: v for k, v in options.items()}
    elif mark == "|":
        options[option] = [*items, value]
    elif mark == "~":
        left = [item for item in items if item != value]
        options.pop(option, None) if not left else options.update({option: left})
    else:
        options[option] = value
