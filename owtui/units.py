"""Numbers people read and type: ages, bytes, percentages, versions, both ways.

Ages are coarse on purpose: a cell is repainted only when its text changes. `k M G` are powers of
1000, `Ki Mi Gi` powers of 1024, in filters and on screen alike.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

NONE = "–"

_NUMBER = re.compile(r"(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*(?P<unit>[a-zA-Z%]*)")
_AGE = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
_VERSION = re.compile(r"[vV]?(?P<numbers>\d+(?:\.\d+)*)(?P<rest>.*)", re.DOTALL)
_CANDIDATE = re.compile(r"(?:^|[-._~])(?:rc|beta|alpha)\.?(\d*)", re.IGNORECASE)

_AGE_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_DECIMAL = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_FACTORS = {**_DECIMAL, **_BINARY}

# The typography of our own sentences, and what stands for an escape.
_ASCII = str.maketrans(
    {"“": '"', "”": '"', "…": "...", "–": "-", "→": "->", "×": "x", "·": "-", "␛": "^["}
)

ADAPTIVE = "adaptive_prefix+"  # OpenWISP's word for a unit in 1e9, shown with a prefix that fits
_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "K"))

_PARTS = 5  # numbers of a version that count; OpenWrt has three, kernels up to four
_NEWEST = 10**9  # a snapshot is newer than every release of its branch
_RELEASE, _BEFORE_RELEASE = 0, -1

VersionKey = tuple[int, ...]


def age_text(seconds: float | None) -> str:
    """Say an age coarsely: <10s 10s 30s 1m … 59m 1h … 47h 2d …; a negative one is "<10s"."""
    if seconds is None:
        return NONE
    if seconds < 10:
        return "<10s"
    if seconds < 60:
        return "10s" if seconds < 30 else "30s"
    if seconds < 3600:
        return f"{int(seconds // 60)}m"
    if seconds < 2 * 86400:
        return f"{int(seconds // 3600)}h"
    return f"{int(seconds // 86400)}d"


def uptime_text(seconds: float | None) -> str:
    """Say a duration to the minute, as `uptime` does: "04:11", "12d 04:11"."""
    if seconds is None:
        return NONE
    minutes = max(0, int(seconds // 60))
    days, minutes = divmod(minutes, 1440)
    clock = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{days}d {clock}" if days else clock


def bytes_text(size: float | None) -> str:
    """Say a size with a binary unit and three digits: "512 B", "11.8 MiB", "128 MiB"."""
    if size is None:
        return NONE
    value, unit = float(size), "B"
    for name in ("KiB", "MiB", "GiB", "TiB"):
        if abs(value) < 1024:
            break
        value, unit = value / 1024, name
    decimals = 0 if unit == "B" or abs(value) >= 100 or value == int(value) else 1
    return f"{value:.{decimals}f} {unit}"


def percent_text(value: float | None) -> str:
    """Say a percentage without decimals."""
    return NONE if value is None else f"{value:.0f}%"


def number_text(value: float | None) -> str:
    """Say a count as it is and a fraction with two decimals."""
    if value is None:
        return NONE
    return str(value) if isinstance(value, int) else f"{value:.2f}"


def chart_unit(unit: str, largest: float) -> tuple[float, str]:
    """The factor and the unit that values of a chart are shown in, by the largest of them.

    "adaptive_prefix+B" and "…+bps" are kept in units of 1e9, with prefixes of 1000 [OpenWISP].
    """
    if not unit.startswith(ADAPTIVE):
        return 1.0, unit
    base, whole = unit.removeprefix(ADAPTIVE), abs(largest) * 1e9
    for size, prefix in _PREFIXES:
        if whole >= size:
            return 1e9 / size, prefix + base
    return 1e9, base


def chart_text(value: float | None, unit: str) -> str:
    """A value of a chart with its unit and three digits: "91%", "1.24 GB", "-67 dBm", "48"."""
    if value is None:
        return NONE
    factor, shown = chart_unit(unit, value)
    text = short_text(value * factor)
    return f"{text}%" if shown == "%" else f"{text} {shown}".rstrip()


def short_text(value: float) -> str:
    """A number in three digits where it has a fraction, without zeros behind the point."""
    size = abs(value)
    decimals = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.01 or not size else 4
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def plain_ascii(text: str) -> str:
    """A sentence of ours in ASCII, for --ascii."""
    return text.translate(_ASCII)


def iso(moment: datetime) -> str:
    """Write an aware time as the command line's contract has it: 2026-11-23T09:46:04Z."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def parse_number(text: str) -> float | None:
    """Read "80", "80%", "1.5k", "16M", "16MiB", "512 B"; None when it is not a number."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    number, unit = float(match["number"]), match["unit"]
    if unit == "%":
        return number
    if len(unit) > 1 or unit == "B":
        unit = unit.removesuffix("B")
    factor = _FACTORS.get(unit)
    return None if factor is None else number * factor


def parse_age(text: str) -> float | None:
    """Read "90" (seconds), "5m", "1h30m", "2w" as seconds; None when it is no age."""
    text = text.strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    pieces = _AGE.findall(text)
    if not pieces or "".join(number + unit for number, unit in pieces) != text:
        return None
    return sum(float(number) * _AGE_UNITS[unit] for number, unit in pieces)


def version_key(text: str) -> VersionKey | None:
    """Give a version its place in the order of OpenWrt releases; None when it is no version.

    19.07.10 < 23.05.0-rc2 < 23.05.0 < 23.05.5 < 23.05-SNAPSHOT < 24.10.1 < SNAPSHOT.
    """
    text = text.strip()
    if text.casefold() == "snapshot":
        return (_NEWEST,) * _PARTS + (_RELEASE, 0)
    match = _VERSION.fullmatch(text)
    if match is None:
        return None
    # int() refuses more than 4,300 digits, so a hostile version is cut short instead
    numbers = [min(int(part[:18]), _NEWEST) for part in match["numbers"].split(".")[:_PARTS]]
    rest = match["rest"]
    filler = _NEWEST if "snapshot" in rest.casefold() else 0
    numbers += [filler] * (_PARTS - len(numbers))
    candidate = _CANDIDATE.match(rest)
    if candidate is None:
        return (*numbers, _RELEASE, 0)
    return (*numbers, _BEFORE_RELEASE, int(candidate[1][:9] or 0))


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Order names as people count: ap-2 before ap-10, without regard to case."""
    pieces = re.split(r"([0-9]+)", text.casefold())
    return tuple(
        (0, int(piece[:18]), piece) if index % 2 else (1, 0, piece)
        for index, piece in enumerate(pieces)
        if piece
    )
