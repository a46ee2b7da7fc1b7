"""Who runs the engine, in words: for status lines, command lines, and when it changes."""

from __future__ import annotations

from owtui.engine.events import Notice
from owtui.engine.lease import Holder

KEY = "engine"


def words(holder: Holder | None) -> str:
    """All that is known of who runs it."""
    if holder is None:
        return "nobody"
    where = f"process {holder.pid} on {holder.host}" if holder.pid else holder.host
    return f"{holder.operator} ({where}) since {holder.since[:16].replace('T', ' ')}"


def taken_over(before: Holder | None) -> Notice:
    """This process is the engine now."""
    gone = f"{before.short} left" if before is not None else "nobody was it any more"
    return Notice(KEY, f"This process runs the engine now: {gone}.", "What was open goes on here.")


def given_up(other: Holder | None) -> Notice:
    """This process was the engine, or tried to be, and is not."""
    if other is None:
        said = "This process could not be the engine."
        return Notice(KEY, said, "It tries again; the log says why.", "error")
    return Notice(
        KEY,
        f"This process lost the engine: {other.short} runs it now.",
        "What was open goes on there.",
        "warning",
    )
