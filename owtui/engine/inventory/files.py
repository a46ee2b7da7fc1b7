"""Open an inventory file: tell its kind, decode it, follow its includes, read its private keys."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from owtui.engine.inventory import csvfile, jsonfile, sshconfig
from owtui.engine.inventory.draft import Draft, Problem, Reading
from owtui.errors import InputError
from storage.secrets import Secret

KINDS = ("csv", "json", "ssh", "ansible")
SIZE_BYTES = 64 * 2**20
KEY_BYTES = 64 * 2**10

_BY_SUFFIX = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".yml": "ansible",
    ".yaml": "ansible",
    ".ini": "ansible",
}


def read(path: Path, kind: str | None = None) -> Reading:
    """Read an inventory file of a `kind` (csv, json, ssh, ansible), or tell the kind from it.

    Private keys it names are read as well. Raises InputError for a file that cannot be read.
    """
    text = _text(path)
    reading = parse(text, kind or sniff(path.name, text), path.parent)
    return with_keys(reading, path.parent)


def parse(text: str, kind: str, folder: Path) -> Reading:
    """Read the text of an inventory; `folder` is where relative names begin."""
    if kind == "csv":
        return csvfile.read(text)
    if kind == "json":
        return jsonfile.read(text)
    if kind == "ssh":
        return sshconfig.read(text, lambda pattern: _included(pattern, folder))
    if kind == "ansible":
        from owtui.engine.inventory import ansible  # PyYAML: 25 ms that every start would pay

        return ansible.read(text, beside=lambda name: _variables(name, folder))
    raise InputError(f"There is no inventory kind “{kind}”.", f"There are: {', '.join(KINDS)}.")


def sniff(name: str, text: str) -> str:
    """Tell the kind of an inventory by the end of its name, else by how it begins."""
    suffix = Path(name).suffix.lower()
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith(("[{", '{"', "[\n", "{\n")):
        return "json"
    if re.search(r"(?im)^\s*(host|match|include)\s+\S", text):
        return "ssh"
    first = start.split("\n", 1)[0]
    if re.search(r"(?i)\b(name|mac_address)\b", first) and re.search(r"[,;\t|]", first):
        return "csv"
    return "ansible"


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > SIZE_BYTES:
            raise InputError(f"{path.name} is larger than 64 MiB.", "Import it in parts.")
        data = path.read_bytes()
    except OSError as problem:
        raise InputError(f"{path} cannot be read: {problem.strerror}.") from problem
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise InputError(
            f"{path.name} is not UTF-8 (line {line}).", "Save it as UTF-8 and import it again."
        ) from problem


def _included(pattern: str, folder: Path) -> list[str]:
    """The texts an Include names; relative ones are beside the file. Unreadable ones are none."""
    try:
        whole = Path(pattern).expanduser()
        root = Path(whole.anchor) if whole.is_absolute() else folder
        parts = whole.relative_to(root) if whole.is_absolute() else whole
        found = [path for path in sorted(root.glob(str(parts))) if path.is_file()]
    except (OSError, ValueError, IndexError, RuntimeError, NotImplementedError):
        return []  # as ssh does: no such home, no such file, no pattern
    return [_text(path) for path in found]


def _variables(name: str, folder: Path) -> list[tuple[str, str]]:
    """The files `group_vars/roofs`, `group_vars/roofs.yml` and `group_vars/roofs/*` have."""
    if "/" in name.partition("/")[2] or ".." in name or len(name.encode("utf-8", "replace")) > 200:
        return []  # a group may be called anything; a file may not be anywhere
    stems = [folder / f"{name}{suffix}" for suffix in ("", ".yml", ".yaml", ".json")]
    inner = sorted((folder / name).glob("*")) if (folder / name).is_dir() else []
    found = [path for path in (*stems, *inner) if path.is_file()]
    return [(str(path.relative_to(folder)), _text(path)) for path in found]


def with_keys(reading: Reading, folder: Path) -> Reading:
    """Put the private keys that drafts name into them; one that cannot be read is a problem."""
    kept: dict[str, Secret | str] = {}
    drafts: list[Draft] = []
    problems = list(reading.problems)
    for draft in reading.drafts:
        name = draft.access.key_file
        if not name or draft.skip:
            drafts.append(draft)
            continue
        if name not in kept:
            kept[name] = _key(name, folder)
        key = kept[name]
        if isinstance(key, Secret):
            access = replace(draft.access, login="key", private_key=key, password=None)
            drafts.append(replace(draft, access=access))
        else:
            problems.append(Problem(draft.line, f"{draft.name}: {key}"))
    return replace(reading, drafts=tuple(drafts), problems=tuple(problems))


def _key(name: str, folder: Path) -> Secret | str:
    """The private key in a file, or why there is none."""
    try:
        path = folder / Path(name).expanduser()
        if path.stat().st_size > KEY_BYTES:
            return f"{path} is too large for a private key."
        return Secret(path.read_text("utf-8"))
    except (OSError, ValueError, RuntimeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is no text, or no file"
        return f"The key {name} cannot be read: {reason}."
