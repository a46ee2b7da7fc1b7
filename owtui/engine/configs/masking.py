"""Secrets out of what is shown, kept in plans and exported: UCI, NetJSON, files, variables.

One rule for all: a name says whether its value is a secret (`wpa_passphrase`, `key1`,
`pvt_key_0af3`; not `public_key`, `key_type`, `PasswordAuth`), and some texts give themselves away
wherever they stand: private keys, hashes of passwords, credentials in a URL. What a variable stands
for is hidden where the variable is defined; the reference `{{ wifi_key }}` is no secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from owtui.engine.configs.variables import PATTERN as VARIABLE
from owtui.engine.openwrt import uci
from owtui.engine.openwrt.uci import Package, Section, Value
from owtui.errors import ProtocolError

MASK = "•••"

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SECRET = re.compile(
    "community|keys?|passphrase|passwd|passwords?|pass|pin|pincode|psk|puk|pwd|secrets?|tokens?"
    "|(api|auth|priv|wep)key"
)
_WHOLE = frozenset({"r0kh", "r1kh"})  # lists of MAC, name and key
_NOT_BEHIND = frozenset({"public", "pub"})
# What is said about a secret is none: key_type, psk_file, ft_psk_generate_local, PasswordAuth.
_NOT_BEFORE = re.compile(
    "age|alg|algorithm|auth|bits|curve|dir|direction|file|generate|id|index|interval|length"
    "|lifetime|mgmt|name|path|policy|renew|retries|rotation|size|slot|timeout|type"
)
_PATH = re.compile(r"/(?:etc|lib|mnt|opt|overlay|rom|root|tmp|usr|var)/[\w./-]+\Z")
_REFERENCES = re.compile(rf"(?:{VARIABLE.pattern}\s*)+\Z")

_BLOCK = r"-----BEGIN (?P<block>[A-Za-z0-9 ]*(?:PRIVATE KEY|Static key)[A-Za-z0-9 ]*)-----"
_PRIVATE = re.compile(rb"-----BEGIN [A-Za-z0-9 ]*(?:PRIVATE KEY|Static key)")
_GIVEN_AWAY = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (rf"(?P<secret>{_BLOCK}.*?(?:-----END (?P=block)-----|\Z))", re.DOTALL),
        (r"(?P<secret>\$(?:1|2[aby]|5|6|7|y|apr1|argon2\w*)\$[^\s:'\"]+)", 0),
        (r"\w://[^/\s:@'\"]*:(?P<secret>[^/\s@'\"]+)@", 0),
    )
)
# A name and what parts it from its value, in UCI, shell, JSON, YAML or the files of daemons…
_NAMES = re.compile(
    r"(?:\b(?:option|list)[ \t]+['\"]?(?P<option>[\w-]+)['\"]?[ \t]+)"
    r"|(?P<name>[A-Za-z_][\w.-]*)[\"']?[ \t]*[=:][ \t]*"
)
# …and the value: in quotes, or up to the end of the line.
_VALUE = re.compile(
    r"\"(?P<double>(?:[^\"\\\n]|\\.)*)\"|'(?P<single>[^'\n]*)'|(?P<bare>[^\n]+?)(?=[ \t,;]*$)",
    re.MULTILINE,
)
_UCI_VALUE = re.compile(r"(?P<quote>['\"]?)(?P<bare>[^\n]+?)(?P=quote)[ \t]*$", re.MULTILINE)


@lru_cache(maxsize=4096)
def secret_name(name: str) -> bool:
    """Whether the values of an option, a key of NetJSON or a variable are secrets."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if name in _WHOLE:
        return True
    for at, word in enumerate(words):
        if _SECRET.fullmatch(word):
            told_of = any(_NOT_BEFORE.fullmatch(later) for later in words[at + 1 :])
            return not (told_of or _NOT_BEHIND.intersection(words[:at]))
    return False


def secret_value(name: str, value: str) -> bool:
    """Whether this value of that name is to be hidden as a whole.

    Not when it is empty, a reference to a variable, or the path of a file.
    """
    if not value or not secret_name(name):
        return False
    return not (_PATH.match(value) or _REFERENCES.match(value.strip()))


def secret_spans(text: str) -> list[tuple[int, int]]:
    """The parts of a text that are secrets, as (start, end), in order and without overlap."""
    found: list[tuple[int, int]] = []
    for pattern in _GIVEN_AWAY:
        found.extend(match.span("secret") for match in pattern.finditer(text))
    for named in _NAMES.finditer(text):
        name, pattern = named["option"], _UCI_VALUE
        if name is None:
            name, pattern = named["name"], _VALUE
        value = pattern.match(text, named.end()) if secret_name(name) else None
        if value and value.lastgroup and secret_value(name, value[value.lastgroup]):
            found.append(value.span(value.lastgroup))
    return _apart(found)


def holds_private_key(data: bytes) -> bool:
    """Whether some lines of a file are a private key."""
    return _PRIVATE.search(data) is not None


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that overlap become one."""
    result: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def mask_text(text: str) -> str:
    """A file, script or message without its secrets; everything else as it stands."""
    parts, at = [], 0
    for start, end in secret_spans(text):
        parts += [text[at:start], MASK]
        at = end
    return "".join([*parts, text[at:]])


def mask_value(name: str, value: str) -> str:
    """One value of an option."""
    return MASK if secret_value(name, value) else mask_text(value) if _telling(value) else value


def mask_package(package: Package) -> Package:
    """A UCI package without its secrets."""
    sections = tuple(
        Section(one.type, one.name, {name: _masked(name, v) for name, v in one.options.items()})
        for one in package.sections
    )
    return Package(package.name, sections)


def mask(text: str, package: str = "") -> str:
    """UCI text of one package, or any other text, without its secrets.

    What reads as UCI is printed anew, so that no comment and no strange quoting hides a secret.
    """
    if re.match(r"\s*(?:package|config)\s", text):
        try:
            read = uci.parse(text, package)
        except ProtocolError:
            return mask_text(text)
        printed = uci.export(mask_package(read))
        return printed if text.lstrip().startswith("package") else printed.partition("\n\n")[2]
    return mask_text(text)


def mask_json(value: Any, name: str = "") -> Any:
    """A configuration, variables or any other JSON without secrets; `name` is the value's own key.

    Numbers under a secret's name are hidden too; an empty text, null and booleans are not.
    """
    if isinstance(value, Mapping):
        return {key: mask_json(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [mask_json(inner, name) for inner in value]
    if isinstance(value, str):
        return mask_value(name, value)
    if isinstance(value, int | float) and not isinstance(value, bool) and secret_name(name):
        return MASK
    return value


def _masked(name: str, value: Value) -> Value:
    if isinstance(value, list):
        return [mask_value(name, item) for item in value]
    return mask_value(name, value)


def _telling(value: str) -> bool:
    """Whether a text is worth searching: most values are short and hold nothing of the kind."""
    return "\n" in value or "$" in value or "://" in value or "-----BEGIN" in value
