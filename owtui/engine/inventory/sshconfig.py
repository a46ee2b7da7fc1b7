"""Devices from an OpenSSH client configuration, by the rules of ssh_config(5).

The first value found for a keyword wins, patterns and `Match host` included. A name in a Host line
without wildcards is a device; where HostName gives its address, further names are nicknames.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from owtui.engine.inventory.draft import Access, Draft, Problem, Reading
from owtui.engine.inventory.record import port
from owtui.errors import InputError

Include = Callable[[str], list[str]]

DEPTH = 16  # of Include, as in ssh
JUMPS = 8
LISTED = frozenset({"identityfile"})
USED = frozenset(
    {
        *("hostname", "user", "port", "identityfile", "proxyjump", "proxycommand"),
        *("hostkeyalgorithms", "identitiesonly"),
    }
)
_WIDTH = re.compile(r"\s*=\s*|\s+")
_NETCAT = re.compile(
    r"\bssh\b.*?-W\s+\[?%h\]?:%p\s+(?P<jump>\S+)$|\bssh\b\s+(?P<j2>\S+)\s+-W\s+\S+$"
)


@dataclass(slots=True)
class _Block:
    """Settings that hold for hosts its `patterns` match. `line` 0 came from an Include."""

    line: int
    patterns: tuple[str, ...]
    settings: list[tuple[str, str]] = field(default_factory=list)

    def holds_for(self, name: str) -> bool:
        lower = name.casefold()
        hits = [p for p in self.patterns if fnmatchcase(lower, p.lstrip("!").casefold())]
        return bool(hits) and not any(p.startswith("!") for p in hits)


def read(text: str, include: Include | None = None) -> Reading:
    """Read a configuration. `include` gives the texts of the files that an Include names."""
    problems: list[Problem] = []
    ignored: dict[str, None] = {}
    blocks = [_Block(1, ("*",))]
    _collect(text, blocks, problems, ignored, include, 0)
    config = _Config(blocks)
    drafts: list[Draft] = []
    seen: set[str] = set()
    for block in blocks:
        for name in _devices(block, config):
            if name in seen:
                continue
            seen.add(name)
            try:
                drafts.append(_draft(block.line, name, config))
            except InputError as problem:
                sentence = f"{name}: {problem.sentence}"
                problems.append(Problem(block.line, sentence, problem.hint))
    return Reading("ssh", tuple(drafts), tuple(problems), tuple(ignored))


@dataclass(frozen=True, slots=True)
class _Config:
    blocks: list[_Block]

    def of(self, name: str) -> dict[str, list[str]]:
        """What ssh would use for this name: the first value of each keyword."""
        found: dict[str, list[str]] = {}
        for block in self.blocks:
            if block.holds_for(name):
                for keyword, value in block.settings:
                    if keyword in LISTED or keyword not in found:
                        found.setdefault(keyword, []).append(value)
        return found


def _collect(
    text: str,
    blocks: list[_Block],
    problems: list[Problem],
    ignored: dict[str, None],
    include: Include | None,
    depth: int,
) -> None:
    for number, keyword, value in _lines(text):
        line = number if depth == 0 else 0
        if keyword == "host":
            blocks.append(_Block(line, tuple(_words(value))))
        elif keyword == "match":
            blocks.append(_Block(line, _match(value, ignored)))
        elif keyword == "include":
            outer = blocks[-1]
            for name in _words(value):
                for inner in include(name) if include and depth < DEPTH else []:
                    blocks.append(_Block(0, outer.patterns))
                    _collect(inner, blocks, problems, ignored, include, depth + 1)
            blocks.append(_Block(0, outer.patterns))
        elif not value:
            problems.append(Problem(line, f"{keyword} has no value."))
        elif keyword in USED:
            blocks[-1].settings.append((keyword, value))


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line and not line.startswith("#"):
            keyword, _, value = _WIDTH.sub("\0", line, count=1).partition("\0")
            yield number, keyword.casefold(), value.strip()


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


def _match(value: str, ignored: dict[str, None]) -> tuple[str, ...]:
    """`Match all` and `Match host a,b` are understood; any other never holds."""
    words = _words(value)
    if [word.casefold() for word in words] == ["all"]:
        return ("*",)
    if len(words) == 2 and words[0].casefold() in ("host", "originalhost"):
        return tuple(words[1].split(","))
    ignored[f"Match {value}"] = None
    return ()


def _devices(block: _Block, config: _Config) -> list[str]:
    if block.line == 0 or block.patterns == ("*",):
        names = block.patterns if block.line == 0 and block.settings else ()
    else:
        names = block.patterns
    plain = [name for name in names if name and not re.search(r"[*?!]", name)]
    if len(plain) > 1 and "%" not in "".join(config.of(plain[0]).get("hostname", ["%"])):
        return plain[:1]  # the others are nicknames: HostName says where they all lead
    return plain


def _draft(line: int, name: str, config: _Config) -> Draft:
    found = config.of(name)
    key_files = [_tokens(path, name, found) for path in found.get("identityfile", [])]
    access = Access(
        login="key" if key_files else "agent",
        user=_one(found, "user"),
        key_file=key_files[0] if key_files else "",
        port=port(_one(found, "port")),
        legacy_host_keys="ssh-rsa" in re.split(r"[,+^]", _one(found, "hostkeyalgorithms")),
    )
    skip = ""
    try:
        access = replace(access, jump=_jumps(name, config, 0))
    except InputError as problem:
        skip = problem.sentence
    return Draft(line=line, name=name, address=_hostname(name, found), access=access, skip=skip)


def _one(found: dict[str, list[str]], keyword: str) -> str:
    values = found.get(keyword, [""])
    return values[0].strip('"')


def _hostname(name: str, found: dict[str, list[str]]) -> str:
    return _one(found, "hostname").replace("%h", name).replace("%%", "%") or name


def _tokens(path: str, name: str, found: dict[str, list[str]]) -> str:
    values = {"%": "%", "h": _hostname(name, found), "n": name, "r": _one(found, "user"), "d": "~"}
    return re.sub(r"%(.)", lambda m: values.get(m[1], m[0]), path.strip('"'))


def _jumps(name: str, config: _Config, depth: int) -> tuple[str, ...]:
    """The chain to a host, outermost first; names are resolved by the same file."""
    found = config.of(name)
    via = _one(found, "proxyjump")
    command = _one(found, "proxycommand")
    if not via and command and command.casefold() != "none":
        netcat = _NETCAT.search(command)
        if netcat is None:
            raise InputError("It is reached through a ProxyCommand, which owtui does not run.")
        via = netcat["jump"] or netcat["j2"]
    if not via or via.casefold() == "none":
        return ()
    if depth > JUMPS:
        raise InputError("Its ProxyJump leads in a circle.")
    hops = [hop.strip() for hop in via.split(",") if hop.strip()]
    chain: list[str] = []
    for index, hop in enumerate(hops):
        user, host, number = _hop(hop)
        settings = config.of(host)
        if index == 0:
            chain.extend(_jumps(host, config, depth + 1))
        where = _hostname(host, settings)
        where = f"[{where}]" if ":" in where else where
        user = user or _one(settings, "user") or "root"
        chain.append(f"{user}@{where}:{number or _one(settings, 'port') or 22}")
    return tuple(chain)


def _hop(text: str) -> tuple[str, str, str]:
    match = re.fullmatch(
        r"(?:ssh://)?(?:(?P<user>[^@]+)@)?(?P<host>\[[^\]]+\]|[^:]+)(?::(?P<port>\d+))?/?", text
    )
    if match is None:
        raise InputError(f"“{text}” is no jump host.", "Write it as user@host:port.")
    return match["user"] or "", match["host"].strip("[]"), match["port"] or ""
