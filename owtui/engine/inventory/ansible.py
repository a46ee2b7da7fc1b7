"""Devices from an Ansible inventory, INI or YAML: groups become tags.

Variables are laid over each other as Ansible does it: `all`, then parents before children, then
the host's own. What is encrypted with ansible-vault or is a template is refused with words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from owtui.engine.inventory import ansible_text
from owtui.engine.inventory.ansible_text import Encrypted, Group
from owtui.engine.inventory.draft import Access, Draft, Problem, Reading
from owtui.engine.inventory.record import port
from owtui.errors import InputError
from storage.secrets import Secret

Beside = Callable[[str], Iterable[tuple[str, str]]]

HOSTS = 20_000
DEPTH = 64
STEPS = 20_000
BUILT_IN = ("all", "ungrouped")
_JUMP = re.compile(r"(?:-J\s*|ProxyJump[=\s]+)\"?([^\s\"']+)")


@dataclass(slots=True)
class _Host:
    """A host with the groups that list it and its variables, weakest first."""

    line: int
    own: dict[str, Any] = field(default_factory=dict)
    inherited: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    groups: dict[str, None] = field(default_factory=dict)
    direct: dict[str, None] = field(default_factory=dict)

    def variables(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _, _, values in sorted(self.inherited, key=lambda level: level[:2]):
            found.update(values)
        return found | self.own


def read(text: str, kind: str = "", beside: Beside | None = None) -> Reading:
    """Read an inventory; `kind` is "ini", "yaml" or "" to tell them apart by their looks.

    `beside` gives name and text of the files of `group_vars/NAME` and `host_vars/NAME`.
    """
    text = text.removeprefix("\ufeff")
    kind = kind or ("yaml" if _looks_like_yaml(text) else "ini")
    sealed: list[str] = []
    try:
        groups = ansible_text.yaml_groups(text) if kind == "yaml" else ansible_text.ini_groups(text)
        for name, group in groups.items():
            group.variables.update(_beside(f"group_vars/{name}", beside, sealed))
        hosts = _resolve(groups)
        for name, host in hosts.items():
            host.own.update(_beside(f"host_vars/{_split_port(name)[0]}", beside, sealed))
    except ansible_text.LineError as problem:
        return Reading("ansible", problems=(Problem(problem.line, str(problem)),))
    drafts: list[Draft] = []
    problems: list[Problem] = []
    for name, host in hosts.items():
        try:
            drafts.append(_draft(name, host))
        except InputError as problem:
            problems.append(Problem(host.line, f"{name}: {problem.sentence}", problem.hint))
    return Reading("ansible", tuple(drafts), tuple(problems), tuple(sealed))


def _beside(folder: str, beside: Beside | None, sealed: list[str]) -> dict[str, Any]:
    """Variables of the files beside the inventory; encrypted files are named and left out."""
    found: dict[str, Any] = {}
    for name, text in beside(folder) if beside else ():
        if text.startswith("$ANSIBLE_VAULT"):
            sealed.append(f"{name} (encrypted)")
        else:
            found.update(ansible_text.yaml_variables(text, name))
    return found


def _looks_like_yaml(text: str) -> bool:
    for raw in text.splitlines():
        line = raw.strip()
        if line and not line.startswith(("#", ";")):
            return line == "---" or re.fullmatch(r"[\w.-]+\s*:\s*(#.*|\{.*)?", line) is not None
    return False


def _resolve(groups: Mapping[str, Group]) -> dict[str, _Host]:
    walk = _Walk(groups)
    parented = {child for group in groups.values() for child in group.children}
    walk.into("all", [])
    top: list[_Level] = [(0, "all", groups["all"].variables)]
    for name in groups:
        if name != "all" and name not in parented:
            walk.into(name, top)
    for name in groups.keys() - walk.entered:
        walk.circle(name)
    return walk.hosts


_Level = tuple[int, str, dict[str, Any]]


class _Walk:
    """One way through all groups, from the top down; bounded, since groups may share children."""

    def __init__(self, groups: Mapping[str, Group]) -> None:
        self.groups = groups
        self.hosts: dict[str, _Host] = {}
        self.entered: set[str] = set()
        self._steps = 0

    def into(self, name: str, above: list[_Level]) -> None:
        """Take the hosts of a group and of its children, with what they inherit."""
        group = self.groups[name]
        self.entered.add(name)
        self._steps += 1
        if len(above) > DEPTH or self._steps > STEPS:
            self.circle(name)
        levels = [*above, (len(above), name, group.variables)]
        for pattern, (line, variables) in group.hosts.items():
            for host_name in ansible_text.expand(pattern, line):
                self._host(host_name, line, name, levels).own.update(variables)
        for child in group.children:
            self.into(child, levels)

    def circle(self, name: str) -> NoReturn:
        """Refuse a group that never ends."""
        line = self.groups[name].line
        raise ansible_text.LineError(line, f"The group {name} contains itself, or far too much.")

    def _host(self, name: str, line: int, group: str, levels: list[_Level]) -> _Host:
        host = self.hosts.setdefault(name, _Host(line))
        if len(self.hosts) > HOSTS:
            raise ansible_text.LineError(line, f"There are more than {HOSTS} hosts.")
        host.inherited += [level for level in levels if level not in host.inherited]
        host.groups.update((level[1], None) for level in levels if level[1] not in BUILT_IN)
        if group not in BUILT_IN:
            host.direct[group] = None
        return host


def _draft(name: str, host: _Host) -> Draft:
    values = dict(_readable(host.variables()))
    address = values.get("ansible_host", values.get("ansible_ssh_host", ""))
    bare, number = _split_port(name)
    if not bare.strip():
        raise InputError("A host has no name.")
    user = values.get("ansible_user", values.get("ansible_ssh_user", ""))
    password = values.get("ansible_password") or values.get("ansible_ssh_pass") or ""
    key_file = values.get(
        "ansible_ssh_private_key_file", values.get("ansible_private_key_file", "")
    )
    options = f"{values.get('ansible_ssh_common_args', '')} {values.get('ansible_ssh_args', '')}"
    jump = _JUMP.search(options)
    access = Access(
        login="key" if key_file else "password" if password else "agent",
        user=user,
        password=Secret(password) if password and not key_file else None,
        key_file=key_file,
        port=port(values.get("ansible_port", values.get("ansible_ssh_port", number))),
        jump=tuple(jump[1].split(",")) if jump else (),
        legacy_host_keys="HostKeyAlgorithms" in options and "ssh-rsa" in options,
    )
    local = values.get("ansible_connection") == "local"
    direct = list(host.direct)
    return Draft(
        line=host.line,
        name=bare,
        address=address or bare,
        group=direct[0] if len(direct) == 1 else "",
        tags=tuple(host.groups),
        access=access,
        skip="It is this machine (ansible_connection=local)." if local else "",
    )


def _split_port(name: str) -> tuple[str, str]:
    match = re.fullmatch(r"([^:]+):(\d+)", name)
    return (match[1], match[2]) if match else (name, "")


def _readable(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The variables that say how to connect, as texts. Raises InputError for unreadable ones."""
    for name, value in values.items():
        if not name.startswith("ansible_") or value is None:
            continue
        if isinstance(value, Encrypted) or str(value).lstrip().startswith("$ANSIBLE_VAULT"):
            raise InputError(
                f"{name} is encrypted with ansible-vault, which owtui does not open.",
                "Decrypt it into a copy, import that, and delete the copy.",
            )
        if not isinstance(value, str | int):
            continue
        if "{{" in str(value):
            raise InputError(f"{name} is a template.", "Write its value into the inventory.")
        yield name, str(value)
