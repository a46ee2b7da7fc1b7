"""Names of keys: as Textual spells them, as people type them, as a footer shows them.

Also which keys do not arrive: what terminals swallow, what is another key in disguise, what
multiplexers take. The lists come from the trackers of k9s, lazygit, posting and harlequin.
"""

from __future__ import annotations

_CHARACTERS = {
    "?": "question_mark",
    "/": "slash",
    ":": "colon",
    ";": "semicolon",
    "-": "minus",
    "_": "underscore",
    "+": "plus",
    "=": "equals_sign",
    "*": "asterisk",
    "%": "percent_sign",
    "!": "exclamation_mark",
    ",": "comma",
    ".": "full_stop",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "{": "left_curly_bracket",
    "}": "right_curly_bracket",
    "(": "left_parenthesis",
    ")": "right_parenthesis",
    "<": "less_than_sign",
    ">": "greater_than_sign",
    "\\": "backslash",
    "|": "vertical_line",
    "@": "at",
    "#": "number_sign",
    "$": "dollar_sign",
    "&": "ampersand",
    "~": "tilde",
    "^": "circumflex_accent",
    "'": "apostrophe",
    '"': "quotation_mark",
    "`": "grave_accent",
    " ": "space",
}
_NAMES = {name: character for character, name in _CHARACTERS.items()}

# name: (as a symbol, in ASCII)
_SHOWN = {
    "space": ("␣", "Space"),
    "enter": ("⏎", "Enter"),
    "escape": ("Esc", "Esc"),
    "tab": ("Tab", "Tab"),
    "backspace": ("⌫", "Bksp"),
    "delete": ("Del", "Del"),
    "insert": ("Ins", "Ins"),
    "up": ("↑", "Up"),
    "down": ("↓", "Down"),
    "left": ("←", "Left"),
    "right": ("→", "Right"),
    "home": ("Home", "Home"),
    "end": ("End", "End"),
    "pageup": ("PgUp", "PgUp"),
    "pagedown": ("PgDn", "PgDn"),
}
_MODIFIERS = ("ctrl", "alt", "shift", "super")
_SPELLINGS = {"esc": "escape", "return": "enter", "del": "delete", "pgup": "pageup"} | {
    "pgdn": "pagedown",
    "cmd": "super",
    "control": "ctrl",
    "␣": "space",
    "⏎": "enter",
}

_ALIASES = {"i": "Tab", "m": "Enter", "j": "a newline", "h": "Backspace"} | {
    "left_square_bracket": "Esc"
}
_TAKEN = {
    "a": "screen and tmux",
    "b": "tmux",
    "s": "flow control",
    "q": "flow control",
    "z": "the shell (suspend)",
    **dict.fromkeys("ogptn", "zellij"),
    **dict.fromkeys("kl", "vim-tmux-navigator"),
}

# AltGr layouts type these with three fingers or not at all; each needs a second binding
ALTGR = frozenset(_CHARACTERS[c] for c in "[]{}\\|@")


def split(key: str) -> tuple[tuple[str, ...], str]:
    """Take a key apart: ("ctrl",), "p"."""
    *modifiers, base = key.split("+")
    return tuple(modifiers), base


def normal(text: str) -> str | None:
    """Spell a key as Textual does: "?" → question_mark, "Ctrl+P" → ctrl+p; None: no such key."""
    if text in _CHARACTERS:
        return _CHARACTERS[text]
    head, plus, base = text.rpartition("+")
    modifiers = [_SPELLINGS.get(m.lower(), m.lower()) for m in head.split("+")] if plus else []
    if any(m not in _MODIFIERS for m in modifiers):
        return None
    if len(base) == 1 and base.isalnum() and base.isascii():
        base = base.lower() if modifiers else base
    else:
        base = base.lower()
        base = _CHARACTERS.get(base) or _SPELLINGS.get(base, base)
    return "+".join([*modifiers, base]) if _exists(base) else None


def _exists(base: str) -> bool:
    if len(base) == 1:
        return base.isalnum() and base.isascii()
    if base[:1] == "f" and base[1:].isdigit():
        return 1 <= int(base[1:]) <= 24
    return base in _NAMES or base in _SHOWN


def shown(key: str, *, ascii_only: bool = False) -> str:
    """Write a key for a footer or the help: "?", "␣", "⏎", "^p", "Alt+←", "F5"."""
    modifiers, base = split(key)
    if base in _SHOWN:
        text = _SHOWN[base][ascii_only]
    elif base in _NAMES:
        text = _NAMES[base]
    else:
        text = base.upper() if base[:1] == "f" and base[1:].isdigit() else base
    if modifiers == ("ctrl",) and len(text) == 1 and text.isalnum():
        return f"^{text}"
    return "+".join([*(m.capitalize() for m in modifiers), text])


def printable(key: str) -> bool:
    """Say whether a focused text field eats this key (alt+letter goes there too)."""
    modifiers, base = split(key)
    types = len(base) == 1 or base in _NAMES
    return types and modifiers in ((), ("alt",), ("shift",))


def undelivered(key: str) -> str:
    """Say why many terminals never send this key, or which other key it is; "" when they do."""
    modifiers, base = split(key)
    label = shown(key)
    if "super" in modifiers:
        return f"{label} is kept by the desktop"
    if modifiers in (("ctrl",), ("alt",)) and base == "enter":
        return f"{label} is not sent by many terminals"
    if {"ctrl", "shift"} <= set(modifiers) and len(base) == 1:
        return f"{label} is not told from {shown(f'ctrl+{base}')} by many terminals"
    if modifiers == ("ctrl",) and base.isdigit():
        return f"{label} is not sent by many terminals"
    if modifiers == ("ctrl",) and base in _ALIASES:
        return f"{label} is {_ALIASES[base]} to a terminal"
    return ""


def taken(key: str) -> str:
    """Name the program that is likely to take this key first; "" when none is."""
    modifiers, base = split(key)
    return _TAKEN.get(base, "") if modifiers == ("ctrl",) else ""
