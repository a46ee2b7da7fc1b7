"""Put secrets back where somebody edited a masked configuration and left the marks alone."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import Any

from owtui.engine.configs.masking import MASK, mask_json, mask_value, secret_spans
from owtui.engine.configs.merge import IDENTIFIERS
from owtui.engine.configs.validate import pointer
from owtui.errors import InputError

_IDENTIFIERS = (*IDENTIFIERS, "path", "interface", "public_key", "config_name")


def unmask(edited: Any, original: Any) -> Any:
    """`edited` with each "•••" replaced by the secret of `original` that stood there.

    Elements of lists are found again by what they are, what identifies them, or their place.
    Raises InputError, with the place, for a mark that no secret stood behind.
    """
    return _unmasked(edited, original, "", ())


def _unmasked(edited: Any, original: Any, name: str, path: tuple[Any, ...]) -> Any:
    if isinstance(edited, Mapping):
        there = original if isinstance(original, Mapping) else {}
        return {
            key: _unmasked(value, there.get(key), str(key), (*path, key))
            for key, value in edited.items()
        }
    if isinstance(edited, list):
        behind = original if isinstance(original, list) else []
        return [
            _unmasked(value, one, name, (*path, at))
            for at, (value, one) in enumerate(zip(edited, _paired(edited, behind), strict=True))
        ]
    if not isinstance(edited, str) or MASK not in edited:
        return edited
    if mask_json(original, name) == edited:
        return original
    found = _within(edited, original, name) if isinstance(original, str) else None
    if found is None:
        raise InputError(
            f"{MASK} at {pointer(path)} stands for no secret.", "Write the value itself there."
        )
    return found


def _paired(edited: Sequence[Any], originals: Sequence[Any]) -> list[Any]:
    """For each element of a list the one it was, None for a new one."""
    masked = [mask_json(one) for one in originals]
    result: list[Any] = [None] * len(edited)
    left, free = list(range(len(edited))), list(range(len(originals)))

    def take(at: int, found: int) -> None:
        result[at] = originals[found]
        left.remove(at)
        free.remove(found)

    for at in list(left):
        same = next((one for one in free if masked[one] == edited[at]), None)
        if same is not None:
            take(at, same)
    for identifier in _IDENTIFIERS:
        theirs = _by(identifier, edited, left)
        ours = _by(identifier, originals, free)
        for key in theirs.keys() & ours.keys():
            take(theirs[key], ours[key])
    if len(edited) == len(originals):
        for at in [at for at in left if at in free]:
            take(at, at)
    if len(left) == len(free) == 1:
        take(left[0], free[0])
    return result


def _by(identifier: str, elements: Sequence[Any], places: Sequence[int]) -> dict[str, int]:
    """Places by the value of an identifier, where that value is the only one of its kind."""
    values = {
        at: repr(elements[at][identifier])
        for at in places
        if isinstance(elements[at], Mapping) and identifier in elements[at]
    }
    times = Counter(values.values())
    return {value: at for at, value in values.items() if times[value] == 1}


_HOLE = "\0"


def _within(edited: str, original: str, name: str) -> str | None:
    """A longer text, such as the contents of a file, edited around its marks; None where it fails.

    A marked line that was not touched is the line it was. If lines with marks were touched, marks
    count in their order, which needs as many marks as before.
    """
    spans = secret_spans(original)
    if mask_value(name, original) == MASK or not spans or _HOLE in original:
        return None
    secrets = [original[start:end] for start, end in spans]
    return _by_lines(edited, _marked_lines(original, spans)) or _in_order(edited, secrets)


def _by_lines(edited: str, lines: Mapping[str, deque[str]]) -> str | None:
    result = []
    for line in edited.split("\n"):
        if MASK in line:
            found = lines.get(line)
            if not found:
                return None
            line = found.popleft() if len(found) > 1 else found[0]
        result.append(line)
    return "\n".join(result)


def _in_order(edited: str, secrets: Sequence[str]) -> str | None:
    first, *rest = edited.split(MASK)
    if len(rest) != len(secrets):
        return None
    pieces = [secret + piece for secret, piece in zip(secrets, rest, strict=True)]
    return "".join([first, *pieces])


def _marked_lines(original: str, spans: Sequence[tuple[int, int]]) -> dict[str, deque[str]]:
    """Each line that holds a mark when it is masked → what it stands for, in order."""
    holed, secrets, at = "", deque[str](), 0
    for start, end in spans:
        holed += original[at:start] + _HOLE
        secrets.append(original[start:end])
        at = end
    lines: dict[str, deque[str]] = {}
    for line in (holed + original[at:]).split("\n"):
        if _HOLE in line:
            first, *rest = line.split(_HOLE)
            meant = "".join([first, *(secrets.popleft() + piece for piece in rest)])
            lines.setdefault(line.replace(_HOLE, MASK), deque()).append(meant)
    return lines
