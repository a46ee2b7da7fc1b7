"""Sample data for the gallery: every widget with something to show, the same at every start."""

from __future__ import annotations

import math
from collections.abc import Callable

from textual.containers import Vertical
from textual.widget import Widget

from widgets.chartview import ChartList, ChartView, Item
from widgets.codeedit import CodeEdit, Mark, Offer, Offers
from widgets.crumbs import Crumbs
from widgets.diffview import DiffView
from widgets.factview import Fact, FactView, Section
from widgets.filterbar import FilterBar
from widgets.footerkeys import FooterKeys, Hint
from widgets.glyphs import Glyphs
from widgets.graphsamples import graph, outline
from widgets.linechart import Event, Figure, Trace
from widgets.oneline import Piece
from widgets.planview import Confirm, PlanRow, PlanView
from widgets.plot import Series, chart
from widgets.progress import ProgressLine
from widgets.resultrows import Group
from widgets.resultview import ResultView
from widgets.rowmodel import Cell, Row
from widgets.rowtable import RowTable
from widgets.rowtable_layout import Column
from widgets.sparkline import Sparkline
from widgets.statusline import StatusLine
from widgets.textview import TextView

FLEET_COLUMNS = (
    Column("state", "S", 1, priority=100),
    Column("name", "NAME", 15, flex=1, min_width=10, priority=90),
    Column("address", "ADDRESS", 15, priority=60),
    Column("model", "MODEL", 12, min_width=8, priority=40),
    Column("fw", "FW", 8, priority=30),
    Column("cpu", "CPU", 4, align="right", priority=50),
    Column("mem", "MEM", 4, align="right", priority=20),
    Column("clients", "CL", 3, align="right", priority=10),
    Column("age", "AGE", 8, priority=70),
)

_MODELS = ("EAP615", "WDR4300", "WAX206", "x86-64")
_STATES = ("ok", "ok", "ok", "problem", "ok", "critical", "ok", "unknown", "ok", "deactivated")


def fleet_row(number: int, glyphs: Glyphs) -> Row:
    """Make one device; every eleventh is being flashed."""
    state = _STATES[number * 7 % len(_STATES)]
    name = f"ap-{('roof', 'yard', 'hall')[number % 3]}-{number:02}"
    cpu, mem = number * 37 % 100, 30 + number * 17 % 60
    model = _MODELS[number * 5 % len(_MODELS)]
    cells: list[Cell | str] = [
        Cell(glyphs.state(state), state),
        name,
        f"10.8.{number // 250}.{number % 250 + 10}",
        model,
        "24.10.0" if number % 4 else "23.05.5",
        Cell(f"{cpu}%", "problem" if cpu > 80 else ""),
        f"{mem}%",
        str(number * 13 % 50),
        "4s",
    ]
    if number % 11 == 8:
        cells[0] = Cell(glyphs.busy, "busy")
        cells[5:8] = [Cell("flashing 3/6", "busy", span=3), "", ""]
    if state == "critical":
        cells[5:] = [glyphs.dash, glyphs.dash, glyphs.dash, Cell("6m STALE", "critical")]
    return Row(
        f"id-{number}", tuple(cells), (state, name, number, model, number % 4, cpu, mem, 0, 0)
    )


def wave(count: int, phase: float = 0.0, lost: range = range(0)) -> Series:
    """Make a load curve with some samples lost."""
    return [
        None if i in lost else 50 + 40 * math.sin(i / 15 + phase) + i * 7 % 5 for i in range(count)
    ]


def rowtable(glyphs: Glyphs) -> Widget:
    """The fleet."""
    rows = [fleet_row(number, glyphs) for number in range(128)]
    table = RowTable(FLEET_COLUMNS, rows, glyphs=glyphs, empty_text="No devices yet.")
    table.set_marks(["id-2", "id-3", "id-5"])
    table.sort_by("name")
    return table


def lines(glyphs: Glyphs) -> Widget:
    """Title, status and footer lines."""
    counts = (
        Piece("all", "128 dev", priority=5),
        Piece("ok", f"{glyphs.ok}119", "ok", 3),
        Piece("bad", f"{glyphs.critical}6", "critical", 4),
        Piece("unknown", f"{glyphs.unknown}3", "unknown", 2),
    )
    status = (
        Piece("fleet", "lab", "strong", 90),
        Piece("poll", "poll 30s, 4s ago", "", 50),
        Piece("jobs", "jobs 1 running", "busy", 70),
        Piece("mode", "RO", "problem", 80),
        Piece("marks", "marked 3 (0 hidden)", "accent", 85),
        Piece("sort", "sort AGE", "muted", 10),
    )
    hints = [
        Hint("app.help", "?", "help", 90),
        Hint("list.filter", "/", "filter", 80),
        Hint("app.command", ":", "cmd", 70),
        Hint("list.mark", "Space", "mark", 60),
        Hint("act.menu", "a", "actions", 50),
        Hint("act.run_command", "x", "run", 40),
        Hint("dev.open", "Enter", "open", 30),
        Hint("list.columns", "c", "columns", 20),
        Hint("list.export", "E", "export", 10),
        Hint("app.quit", "q", "quit", 85),
    ]
    line = Sparkline("WAN rx", wave(60), "41.2 Mbit/s", glyphs=glyphs)
    done = (Piece("ok", "ok 4", "ok", 2), Piece("fail", "fail 1", "critical", 3))
    return Vertical(
        Crumbs("owtui", ("lab", "Fleet", "ap-017"), note="/tag=roof", counts=counts, glyphs=glyphs),
        StatusLine(status, glyphs=glyphs),
        FooterKeys(hints),
        ProgressLine(5, 30, done, glyphs=glyphs),
        line,
        TextView("\n".join(chart(wave(300, lost=range(120, 150)), 78, 9, glyphs)), glyphs=glyphs),
    )


def filterbar(glyphs: Glyphs) -> Widget:
    """A filter with an error under its column."""
    bar = FilterBar(
        "/",
        "tag=roof modle=EAP",
        history=("tag=yard", "cpu>80"),
        completions=("tag=", "model=", "cpu>", "seen>", "state=critical"),
        glyphs=glyphs,
    )
    bar.update_error("no key is called modle; did you mean model?", 9)
    return bar


def planview(glyphs: Glyphs) -> Widget:
    """A plan for a few devices."""
    rows = [
        PlanRow("1", "ap-roof-01", "change", "+2 -1"),
        PlanRow("2", "ap-roof-02", "change", "+2 -1", "cpu 91%"),
        PlanRow("3", "ap-roof-03", "same", "runs this already"),
        PlanRow("4", "ap-yard-01", "blocked", "enc is not set"),
        PlanRow("5", "ap-roof-07", "blocked", "unreachable for 6m"),
    ]
    summary = (
        "PLAN  apply template roof-ap draft to 27 devices                    fleet lab",
        "will change 24   same 0   blocked 3      touches: wifi (clients drop ~8 s)",
        "waves 1, 3, 20, 5 at once, stop at 2 failures, roll back if no confirm in 90s",
    )
    confirm = Confirm("Type the fleet's name to start:", "lab")
    return PlanView(summary, rows, confirm, hint="Esc cancel", glyphs=glyphs)


def resultview(glyphs: Glyphs) -> Widget:
    """A job that is nearly done."""
    return _FilledResult(glyphs=glyphs)


class _FilledResult(ResultView):
    def on_mount(self) -> None:
        names = tuple(f"ap-roof-{number:02}" for number in range(1, 25))
        self.update_groups(
            [
                Group(
                    "a", "ok: Linux 6.6.86 #0 SMP aarch64", 24, names, "Linux 6.6.86 #0 SMP", "ok"
                ),
                Group("b", "failed 127: uname: not found", 2, ("ap-x", "ap-y"), "", "critical"),
                Group("c", "unreachable: no answer in 5 s", 1, ("gw-harbour",), "", "unknown"),
            ]
        )
        self.update_devices(
            Row(name, (Cell("+", "ok"), name, "success", "0.4s", "Linux 6.6.86")) for name in names
        )
        pieces = (Piece("ok", "ok 24", "ok", 2), Piece("fail", "fail 3", "critical", 3))
        self.update_progress(27, 30, pieces)


def factview(glyphs: Glyphs) -> Widget:
    """What is known of a device."""
    return FactView(
        [
            Section(
                "Board",
                (
                    Fact("Model", "TP-Link EAP615-Wall v1"),
                    Fact("Target", "ramips/mt7621"),
                    Fact("Release", "OpenWrt 24.10.0 r28427"),
                    Fact("Kernel", "6.6.73"),
                    Fact("Uptime", "12d 04:11"),
                ),
            ),
            Section(
                "Memory",
                (
                    Fact("RAM", "128 MiB, 77% used", "problem"),
                    Fact("Flash", "16 MiB, 14.2 free", "ok"),
                    Fact("Load", "3.91 3.10 2.02"),
                ),
            ),
            Section(
                "Interfaces",
                (
                    Fact("br-lan", "10.8.3.12/24 fe80::1a2b:3cff:fe4d:5e6f/64 2001:db8:3::12/64"),
                    Fact("wan", f"up{glyphs.dot}1000 Mbit/s full duplex"),
                    Fact("radio0", "down", "critical"),
                ),
            ),
            Section(
                "Management",
                (Fact("Address", "10.8.3.12"), Fact("Key", f"SHA256:7d{glyphs.ellipsis}q1")),
            ),
        ],
        glyphs=glyphs,
    )


def textview(glyphs: Glyphs) -> Widget:
    """A log with hostile lines in it."""
    log = [
        f"Mon Nov 23 09:{n // 60 % 60:02}:{n % 60:02} 2026 daemon.info: line {n}"
        for n in range(300)
    ]
    log[3] += " \x1b[2J\x1b]0;owned\x07 was cleaned"
    log[5] += " and this line is a long one that goes on beyond the edge of eighty columns, yes"
    view = TextView("\n".join(log), glyphs=glyphs)
    view.find("line 1")
    return view


def diffview(glyphs: Glyphs) -> Widget:
    """A change of a configuration."""
    diff = """--- ap-roof-04 running
+++ roof-ap draft
@@ wireless @@
 config wifi-device radio1
-  option channel '36'
+  option channel '100'
   option country 'DE'
+  option htmode 'HE80'
"""
    return DiffView(diff, glyphs=glyphs)


def codeedit(glyphs: Glyphs) -> Widget:
    """A template with two problems, and a secret that is hidden."""
    text = """{
  "radios": [
    {
      "name": "radio1",
      "protocol": "802.11ax",
      "channel": 100,
      "country": "DE",
      "disabled": false
    }
  ],
  "interfaces": [
    {
      "name": "wlan1",
      "type": "wireless",
      "wireless": {
        "mode": "access_point",
        "ssid": "{{ ssid }} roof",
        "encryption": {
          "protocol": "wpa2_personal",
          "key": "{{ psk }}"
        }
      }
    }
  ]
}
"""
    offers = [
        Offer('"band": ', "band", "string, default 5g"),
        Offer('"channel": ', "channel", "integer"),
        Offer('"country": ', "country", "string"),
    ]

    def complete(_text: str, _row: int, column: int) -> Offers:
        return Offers(column, column, offers)

    edit = CodeEdit(text, complete=complete, glyphs=glyphs)
    edit.update_marks(
        [
            Mark(6, "problem", "Channel 100 needs DFS: silence for up to 60 s."),
            Mark(17, "critical", "{{ ssid }} is not set for 3 devices."),
        ]
    )
    return edit


def charts(glyphs: Glyphs) -> Widget:
    """A chart of two lines with a loss, over a list of small ones."""
    count, start = 144, 1_764_028_800.0
    busy, idle = (tuple(wave(count, phase, range(60, 66))) for phase in (0.0, 2.0))
    lost = tuple(60 <= n < 66 for n in range(count))
    ticks = tuple((float(at), f"{at}%") for at in range(0, 101, 25))
    figure = Figure(
        "CPU Load",
        "line",
        (Trace("ap-1", busy, "avg 51%"), Trace("ap-2", idle, "avg 49%")),
        start,
        600.0,
        ticks,
        "now 48%",
        lost,
        events=(Event(start + 50_000, "J"),),
    )
    listed = ChartList(glyphs=glyphs)
    listed.update_items(
        [
            Item("cpu", "CPU Load", busy, lost, "48%", "", 0.0, 100.0),
            Item("memory", "Memory Usage", idle, lost, "52%", "", 0.0, 100.0),
            Item("uptime", "Ping Success Rate", (100.0,) * 9 + (0.0,), (), "0%", "critical"),
        ]
    )
    return Vertical(ChartView(figure, glyphs=glyphs), listed)


PAGES: dict[str, Callable[[Glyphs], Widget]] = {
    "rowtable": rowtable,
    "lines": lines,
    "charts": charts,
    "filterbar": filterbar,
    "outline": outline,
    "graph": graph,
    "planview": planview,
    "resultview": resultview,
    "factview": factview,
    "textview": textview,
    "diffview": diffview,
    "codeedit": codeedit,
}
"""Every page of the gallery by name, made for a set of glyphs."""
