"""The default charts, by OpenWISP's names, order, units and traces (operations.md §1.4): one table.

Adding a chart is adding a row, or one `register` in a plug-in's module.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from storage.series import How


@dataclass(frozen=True, slots=True)
class Trace:
    """A line of a chart: which field, made one value a bucket by `how`, times `scale`."""

    name: str
    field: str
    how: How = How.MEAN
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Level:
    """A colour of a value from `least` on, with the word for it."""

    least: float
    color: str
    word: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One kind of chart. `metric` is the configuration whose points it draws.

    type: bar, scatter, stackedbar+lines. unit: "%", "ms", …; "adaptive_prefix+B" and "…+bps" are in
        units of 1e9 and shown with the prefix that fits. tag: the tag that makes a chart of its own
        ("ifname"), "" for one a device. total: a first trace that is the sum of the others.
        top: the highest value there can be, for a fixed scale. general: over many devices, by
        organization; not on a device's page.
    """

    name: str
    order: int
    title: str
    type: str
    unit: str
    metric: str
    traces: tuple[Trace, ...]
    summary_labels: tuple[str, ...] = ()
    description: str = ""
    tag: str = ""
    total: str = ""
    colors: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()
    decimals: int = 2
    top: float | None = None
    general: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the traces in the order they are shown."""
        names = tuple(trace.name for trace in self.traces)
        return (self.total, *names) if self.total else names


REACHABLE = (
    Level(100, "#7db201", "Flawless"),
    Level(90, "#90d000", "Mostly Reachable"),
    Level(50, "#deed0e", "Partly Reachable"),
    Level(10, "#ec7204", "Mostly Unreachable"),
    Level(0, "#c13000", "Unreachable"),
)

TECHNOLOGY = (
    Level(5, "#377873", "5g"),
    Level(4, "#67c368", "lte"),
    Level(3, "#efdd50", "umts"),
    Level(2, "#df7514", "evdo"),
    Level(1, "#dd5817", "cdma1x"),
    Level(0, "#b42a0c", "gsm"),
)

GIGA = 1e-9

_UPLOADED = (
    Trace("download", "rx_bytes", How.SUM, GIGA),
    Trace("upload", "tx_bytes", How.SUM, GIGA),
)

_BLUE, _ORANGE, _GREEN, _RED, _GREY = "#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#7f7f7f"


class Charts:
    """The kinds by name, in their order."""

    def __init__(self, kinds: tuple[Chart, ...] = ()) -> None:
        self._kinds = {kind.name: kind for kind in kinds}

    def register(self, kind: Chart) -> None:
        """Add a kind. Raises ValueError for a name that is taken."""
        if kind.name in self._kinds:
            raise ValueError(f"chart {kind.name} is registered already")
        self._kinds[kind.name] = kind

    def get(self, name: str) -> Chart | None:
        """The kind of this name, None for none."""
        return self._kinds.get(name)

    def __iter__(self) -> Iterator[Chart]:
        return iter(sorted(self._kinds.values(), key=lambda kind: (kind.order, kind.title)))


CHARTS = Charts(
    (
        Chart(
            "uptime",
            200,
            "Ping Success Rate",
            "bar",
            "%",
            "ping",
            (Trace("uptime", "reachable", How.MEAN, 100),),
            ("Average Ping Success Rate",),
            "A value of 100% means reachable, 0% means unreachable. Values in between 0% and 100% "
            "indicate the average reachability in the period observed.",
            levels=REACHABLE,
            top=100,
        ),
        Chart(
            "signal_strength",
            205,
            "Signal Strength (RSSI)",
            "scatter",
            "dBm",
            "signal_strength",
            (Trace("signal_strength", "signal_strength"), Trace("signal_power", "signal_power")),
            ("Average Signal Strength", "Average Signal Power"),
            tag="ifname",
            colors=(_ORANGE, _GREEN),
            decimals=0,
        ),
        Chart(
            "signal_quality",
            206,
            "Signal Quality (RSRQ)",
            "scatter",
            "dB",
            "signal_quality",
            (Trace("signal_quality", "signal_quality"), Trace("signal_to_noise_ratio", "snr")),
            ("Average Signal Quality", "Average Signal to Noise Ratio"),
            tag="ifname",
            colors=(_ORANGE, _GREEN),
            decimals=0,
        ),
        Chart(
            "access_tech",
            207,
            "Access Technology",
            "bar",
            "",
            "access_tech",
            (Trace("access_tech", "access_tech", How.MODE),),
            ("Most used access technology",),
            tag="ifname",
            levels=TECHNOLOGY,
            decimals=0,
            top=5,
        ),
        Chart(
            "packet_loss",
            210,
            "Packet loss",
            "bar",
            "%",
            "ping",
            (Trace("packet_loss", "loss"),),
            ("Average packet loss",),
            "Indicates the percentage of lost packets observed in ICMP probes.",
            colors=(_RED,),
            top=100,
        ),
        Chart(
            "rtt",
            220,
            "Round Trip Time",
            "scatter",
            "ms",
            "ping",
            (
                Trace("RTT_average", "rtt_avg"),
                Trace("RTT_max", "rtt_max"),
                Trace("RTT_min", "rtt_min"),
            ),
            ("Average RTT", "Average Max RTT", "Average Min RTT"),
            "Round trip time observed in ICMP probes, measured in milliseconds.",
            colors=(_BLUE, _RED, _GREEN),
        ),
        Chart(
            "wifi_clients",
            230,
            "WiFi clients: {ifname}",
            "bar",
            "",
            "clients",
            (Trace("wifi_clients", "clients", How.DISTINCT),),
            ("Total Unique WiFi clients",),
            "Unique WiFi clients count in the period observed.",
            tag="ifname",
            colors=(_BLUE,),
            decimals=0,
        ),
        Chart(
            "gen_wifi_clients",
            230,
            "General WiFi Clients",
            "bar",
            "",
            "clients",
            (Trace("wifi_clients", "clients", How.DISTINCT),),
            ("Total Unique WiFi clients",),
            colors=(_BLUE,),
            decimals=0,
            general=True,
        ),
        Chart(
            "traffic",
            240,
            "Traffic: {ifname}",
            "stackedbar+lines",
            "adaptive_prefix+B",
            "traffic",
            _UPLOADED,
            ("Total traffic", "Total download traffic", "Total upload traffic"),
            "Network traffic, download and upload, measured on the interface.",
            tag="ifname",
            total="total",
            colors=(_GREY, _BLUE, _RED),
        ),
        Chart(
            "general_traffic",
            240,
            "General Traffic",
            "stackedbar+lines",
            "adaptive_prefix+B",
            "traffic",
            _UPLOADED,
            ("Total traffic", "Total download traffic", "Total upload traffic"),
            total="total",
            colors=(_GREY, _BLUE, _RED),
            general=True,
        ),
        Chart(
            "memory",
            250,
            "Memory Usage",
            "scatter",
            "%",
            "memory",
            (Trace("memory_usage", "percent_used"),),
            ("Memory Usage",),
            "Percentage of memory (RAM) being used.",
            colors=(_ORANGE,),
            top=100,
        ),
        Chart(
            "cpu",
            260,
            "CPU Load",
            "scatter",
            "%",
            "cpu",
            (Trace("CPU_load", "cpu_usage"),),
            ("CPU Load",),
            "Average CPU load, measured using the Linux load averages, taking into account the "
            "number of available CPUs.",
            colors=(_ORANGE,),
        ),
        Chart(
            "disk",
            270,
            "Disk Usage",
            "scatter",
            "%",
            "disk",
            (Trace("disk_usage", "used_disk"),),
            ("Disk Usage",),
            "Disk usage in percentage, calculated using all the available partitions.",
            colors=(_ORANGE,),
            top=100,
        ),
        Chart(
            "bandwidth",
            280,
            "Bandwidth",
            "scatter",
            "adaptive_prefix+bps",
            "iperf3",
            (
                Trace("TCP", "sent_bps_tcp", How.MEAN, GIGA),
                Trace("UDP", "sent_bps_udp", How.MEAN, GIGA),
            ),
            ("Average TCP", "Average UDP"),
            "Bitrate during Iperf3 test.",
            colors=(_BLUE, _ORANGE),
        ),
        Chart(
            "transfer",
            290,
            "Transferred Data",
            "scatter",
            "adaptive_prefix+B",
            "iperf3",
            (
                Trace("TCP", "sent_bytes_tcp", How.SUM, GIGA),
                Trace("UDP", "sent_bytes_udp", How.SUM, GIGA),
            ),
            ("Total TCP", "Total UDP"),
            "Transferred Data during Iperf3 test.",
            colors=(_BLUE, _ORANGE),
        ),
        Chart(
            "retransmits",
            300,
            "Retransmits",
            "scatter",
            "",
            "iperf3",
            (Trace("retransmits", "retransmits"),),
            ("Average retransmits",),
            "Retransmits during Iperf3 test in TCP mode.",
            colors=(_RED,),
        ),
        Chart(
            "jitter",
            330,
            "Jitter",
            "scatter",
            "ms",
            "iperf3",
            (Trace("jitter", "jitter"),),
            ("Average Jitter",),
            "Jitter is a variance in latency measured using Iperf3 utility in UDP mode.",
            colors=(_BLUE,),
        ),
        Chart(
            "datagram",
            340,
            "Datagram",
            "scatter",
            "",
            "iperf3",
            (Trace("lost_datagram", "lost_packets"), Trace("total_datagram", "total_packets")),
            ("Average lost datagram", "Average total datagram"),
            "Lost and total datagrams during Iperf3 test in UDP mode.",
            colors=(_RED, _BLUE),
        ),
        Chart(
            "datagram_loss",
            350,
            "Datagram Loss",
            "scatter",
            "%",
            "iperf3",
            (Trace("datagram_loss", "lost_percent"),),
            ("Average datagram loss",),
            "Indicates datagram loss % during Iperf3 test in UDP mode.",
            colors=(_RED,),
            top=100,
        ),
    )
)

DASHBOARD_INTERFACES = ("wan", "eth1", "eth0.2")
"""Whose traffic the general chart counts: DASHBOARD_TRAFFIC_CHART (§1.11)."""
