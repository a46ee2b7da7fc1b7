"""What was measured, in short: series for sparklines with the word for the newest value; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from owtui import units

if TYPE_CHECKING:
    from owtui.engine.monitoring.overview import Overview
    from owtui.engine.monitoring.trends import Trend

Values = Sequence[float | None]
_UNITS = ("bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s")


def traffic(found: Overview, step_s: float) -> tuple[Values, str]:
    """Bits a second over the day, both ways together, and the last whole bucket each way."""
    both = [_added(rx, tx) for rx, tx in zip(found.received, found.sent, strict=False)]
    if not both:
        return (), "nothing measured yet"
    rx, tx = (rate_text(_rate(_latest(one), step_s)) for one in (found.received, found.sent))
    return [_rate(value, step_s) for value in both], f"down {rx}  up {tx}"


def clients(found: Overview) -> tuple[Values, str]:
    """Wi-Fi clients over the day, and those of the last whole bucket, with the open sessions."""
    latest = _latest(found.clients)
    told = "" if latest is None else f"{latest:.0f} client{'s' * (latest != 1)}  "
    plural = "s" * (found.sessions != 1)
    return found.clients, f"{told}{found.sessions} session{plural} open"


def trend(found: Trend | None) -> list[tuple[Values, str]]:
    """Cpu, memory and traffic of a device, each with the word for the newest hour."""
    if found is None:
        return [((), ""), ((), ""), ((), "")]
    return [
        (found.cpu, units.percent_text(_newest(found.cpu)) if found.cpu else ""),
        (found.memory, units.percent_text(_newest(found.memory)) if found.memory else ""),
        (found.traffic, rate_text(_latest(found.traffic)) if found.traffic else ""),
    ]


def rate_text(bits_s: float | None) -> str:
    """Say a rate with a decimal unit and three digits: "41.2 Mbit/s", as links are sold."""
    if bits_s is None:
        return units.NONE
    value, unit = bits_s, _UNITS[0]
    for unit in _UNITS:
        if abs(value) < 1000 or unit == _UNITS[-1]:
            break
        value /= 1000
    return f"{value:.3g} {unit}" if value < 100 else f"{value:.0f} {unit}"


def _newest(values: Values) -> float | None:
    """Of a mean the hour that runs counts as well."""
    return next((value for value in reversed(values) if value is not None), None)


def _latest(values: Values) -> float | None:
    """The newest that counts: the last bucket is not over yet, so its sum is too small."""
    whole = values[:-1] if len(values) > 1 else values
    return next((value for value in reversed(whole) if value is not None), None)


def _added(one: float | None, other: float | None) -> float | None:
    return None if one is None and other is None else (one or 0) + (other or 0)


def _rate(bytes_: float | None, step_s: float) -> float | None:
    return None if bytes_ is None else bytes_ * 8 / step_s
