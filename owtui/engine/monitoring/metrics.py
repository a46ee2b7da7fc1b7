"""What is measured, by OpenWISP's names and defaults (operations.md §1.3): one table.

A metric's points are in the series under its key, its tags and each of its fields; thresholds look
at `alert_field`. Adding a kind is adding a row here, or one `register` in a plug-in's module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Tags = tuple[tuple[str, str], ...]
"""Main tags, sorted by name: (("ifname", "wlan0"),)."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """When a value is a problem: strictly beyond `value`, for `tolerance` minutes."""

    operator: str  # "<" | ">"
    value: float
    tolerance: int = 0
    is_active: bool = True

    def crossed(self, value: float) -> bool:
        """Whether this value is on the wrong side; the threshold itself is not."""
        return value < self.value if self.operator == "<" else value > self.value

    def words(self) -> str:
        """As a person reads it: "> 90 for 30 m"."""
        held = f" for {self.tolerance} m" if self.tolerance else ""
        return f"{self.operator} {self.value:g}{held}"


@dataclass(frozen=True, slots=True)
class Metric:
    """One kind of metric. `problem` and `recovery` complete "The device …" in a sentence.

    `short`: its points are kept 24 hours. `active`: written by a check, so that it is no sign of
    the device's own reporting (the check "data collected" counts the others).
    """

    configuration: str
    key: str
    field: str
    label: str
    related: tuple[str, ...] = ()
    unit: str = ""
    alert: Threshold | None = None
    alert_field: str = ""
    problem: str = ""
    recovery: str = ""
    short: bool = False
    active: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """The main field first."""
        return (self.field, *self.related)

    @property
    def judged(self) -> str:
        """The field that thresholds look at."""
        return self.alert_field or self.field


class Metrics:
    """The kinds by their configuration's name."""

    def __init__(self, kinds: tuple[Metric, ...] = ()) -> None:
        self._kinds = {kind.configuration: kind for kind in kinds}

    def register(self, kind: Metric) -> None:
        """Add a kind. Raises ValueError for a name that is taken."""
        if kind.configuration in self._kinds:
            raise ValueError(f"metric {kind.configuration} is registered already")
        self._kinds[kind.configuration] = kind

    def __getitem__(self, configuration: str) -> Metric:
        return self._kinds[configuration]

    def get(self, configuration: str) -> Metric | None:
        """The kind, None for a name that nobody registered."""
        return self._kinds.get(configuration)

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._kinds.values())


_PEAK = "is experiencing a peak in {what} usage which has gone over {threshold:g}%"
_CALM = "{what} usage has returned to normal levels"

_MEMORY = ("total_memory", "free_memory", "buffered_memory", "shared_memory", "cached_memory")
_IPERF3 = (
    *("sent_bps_tcp", "received_bps_tcp", "sent_bytes_tcp", "received_bytes_tcp", "retransmits"),
    *("sent_bps_udp", "sent_bytes_udp", "jitter", "total_packets", "lost_packets", "lost_percent"),
)

METRICS = Metrics(
    (
        Metric(
            "ping",
            "ping",
            "reachable",
            "Ping",
            related=("loss", "rtt_min", "rtt_max", "rtt_avg"),
            alert=Threshold("<", 1, 30),
            problem="is not reachable",
            recovery="is reachable again",
            active=True,
        ),
        Metric(
            "config_applied",
            "config_applied",
            "config_applied",
            "Configuration Applied",
            alert=Threshold("<", 1, 10),
            problem="has a configuration that has not been applied in a timely manner",
            recovery="configuration has been applied again successfully",
            short=True,
            active=True,
        ),
        Metric(
            "data_collected",
            "data_collected",
            "data_collected",
            "Monitoring Data Collected",
            alert=Threshold("<", 1, 30),
            problem="has not been sending monitoring data",
            recovery="has resumed sending monitoring data",
            short=True,
            active=True,
        ),
        Metric("traffic", "traffic", "rx_bytes", "Traffic", related=("tx_bytes",), unit="B"),
        Metric("clients", "wifi_clients", "clients", "WiFi clients"),
        Metric(
            "wifi_clients_max",
            "wifi_clients_max",
            "clients",
            "WiFi clients (max)",
            alert=Threshold(">", 50, 120),
            problem="has more WiFi clients than the expected threshold",
            recovery="WiFi client count has decreased and is now within the expected range",
            active=True,
        ),
        Metric(
            "wifi_clients_min",
            "wifi_clients_min",
            "clients",
            "WiFi clients (min)",
            alert=Threshold("<", 1, 0),
            problem="has fewer WiFi clients than the expected threshold",
            recovery="WiFi client count has increased and is now within the expected range",
            active=True,
        ),
        Metric(
            "disk",
            "disk",
            "used_disk",
            "Disk usage",
            unit="%",
            alert=Threshold(">", 90, 0),
            problem=_PEAK.replace("{what}", "disk"),
            recovery=_CALM.format(what="disk"),
        ),
        Metric(
            "memory",
            "memory",
            "percent_used",
            "Memory usage",
            related=(*_MEMORY, "available_memory"),
            unit="%",
            alert=Threshold(">", 95, 30),
            problem=_PEAK.replace("{what}", "RAM"),
            recovery=_CALM.format(what="RAM"),
        ),
        Metric(
            "cpu",
            "cpu",
            "cpu_usage",
            "CPU usage",
            related=("load_1", "load_5", "load_15"),
            unit="%",
            alert=Threshold(">", 90, 30),
            problem=_PEAK.replace("{what}", "CPU"),
            recovery=_CALM.format(what="CPU"),
        ),
        Metric(
            "signal_strength",
            "signal",
            "signal_strength",
            "Signal strength",
            related=("signal_power",),
            unit="dBm",
        ),
        Metric("signal_quality", "signal", "signal_quality", "Signal quality", ("snr",), unit="dB"),
        Metric("state", "state", "clients", "State", related=("uptime",)),  # see past.py
        Metric("access_tech", "signal", "access_tech", "Access technology"),
        Metric(
            "iperf3",
            "iperf3",
            "iperf3_result",
            "Iperf3",
            related=_IPERF3,
            alert=Threshold("<", 1, 0, is_active=False),
            active=True,
        ),
    )
)

CRITICAL = ("ping", "data_collected")
"""CRITICAL_DEVICE_METRICS: a device with all of these unhealthy is critical (§1.6)."""


def tags_of(values: Mapping[str, str]) -> Tags:
    """Tags in their one order."""
    return tuple(sorted(values.items()))


def spelled(tags: Tags) -> str:
    """Tags as the tables keep them: "ifname=wlan0"; "" for none."""
    return " ".join(f"{name}={value}" for name, value in tags)


def unspelled(text: str) -> Tags:
    """The tags of what `spelled` wrote."""
    return tuple((name, value) for name, _, value in (word.partition("=") for word in text.split()))
