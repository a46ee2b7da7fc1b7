"""Which variables hold secrets, told by their names."""

from __future__ import annotations

import re

_WORDS = re.compile(
    r"(?:^|_)(?:psk|secret|passw(?:or)?d|password|passphrase|pass|pwd|token|credentials?"
    r"|pin|keys?\d?|private|wep|sae)(?:_|\d|$)",
    re.IGNORECASE,
)
_PUBLIC = re.compile(r"public_?key|pub_?key|key_?(?:mgmt|id|index)", re.IGNORECASE)
_JOINED = re.compile(r"(?:key|psk|password|passphrase|secret|token)$", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Whether a variable of this name is shown as dots and left out of files."""
    if name == "key" or _PUBLIC.search(name):  # `key` is predefined: it says who a device is
        return name == "key"
    return bool(_WORDS.search(name) or _JOINED.search(name))
