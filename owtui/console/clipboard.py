"""The terminal's clipboard, over SSH and through multiplexers: OSC 52, wrapped where it must be.

Nobody answers an OSC 52, so it can only be said that it was sent. Terminals cut or drop long ones;
past the cap nothing is sent, and the person is shown another way.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

CAP = 74_994  # bytes of base64 that xterm, the strictest in wide use, still takes whole


def sequence(text: str, environ: Mapping[str, str]) -> str | None:
    """What to write to the terminal, "" for nothing to copy; None for a text over the cap.

    tmux takes an OSC 52 only as its `set-clipboard` says; wrapped for its passthrough it goes to
    the terminal outside, so both are sent. GNU screen passes on what is wrapped, in short pieces.
    """
    if not text:
        return ""
    coded = base64.b64encode(text.encode("utf-8")).decode("ascii")
    if len(coded) > CAP:
        return None
    plain = f"\x1b]52;c;{coded}\x07"
    if environ.get("TMUX"):
        doubled = plain.replace("\x1b", "\x1b\x1b")
        return f"{plain}\x1bPtmux;{doubled}\x1b\\"
    if environ.get("TERM", "").startswith("screen") and environ.get("STY"):
        pieces = (plain[at : at + 240] for at in range(0, len(plain), 240))
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return plain
