"""The rows of the keymap: every key by its id, with its scope, label and help.

Data alone; `owtui.keymap` lays presets and a user's choices over it.
"""

from __future__ import annotations

from dataclasses import dataclass

from owtui import keynames

# scope: the scopes that are active around it, so that a key must not mean two things there
SCOPES: dict[str, tuple[str, ...]] = {
    "app": (),
    "data": ("app",),
    "tabs": ("app",),
    "form": ("app",),
    "edit": ("app", "tabs", "form"),
    "list": ("app", "data"),
    "device": ("app", "data", "tabs", "list"),
    "charts": ("app", "data", "tabs", "list", "device"),
    "checks": ("app", "data", "tabs", "list", "device", "charts"),
    "text": ("app", "data", "list"),
    "plan": ("app", "list"),
    "jobs": ("app", "data", "list"),
    "batch": ("app", "data", "list", "jobs"),
    "tunnels": ("app", "data", "list"),
    "templates": ("app", "data", "list"),
    "generations": ("app", "data", "list"),
    "variables": ("app", "data", "list"),
    "notifications": ("app", "data", "tabs", "list"),
    "alerts": ("app", "data", "list", "device"),
    "topology": ("app", "data", "list", "device", "text"),
}


@dataclass(frozen=True, slots=True)
class Key:
    """What a key does. `keys` may be empty: then it is reached from palette and menus only.

    `priority` orders the footer: at 80 columns the highest stay; 0 is not shown there.
    `replaces` names ids of enclosing scopes whose key this one takes over on purpose.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    scope: str
    changes: bool = False
    priority: int = 0
    replaces: tuple[str, ...] = ()

    @property
    def action(self) -> str:
        """The name of the console's action: "app.help" → "app_help"."""
        return self.id.replace(".", "_")

    @property
    def show(self) -> bool:
        """Whether the footer shows it."""
        return self.priority > 0 and bool(self.keys)

    def shown(self, *, ascii_only: bool = False) -> str:
        """Its first key, as a person reads it; "" without one."""
        return keynames.shown(self.keys[0], ascii_only=ascii_only) if self.keys else ""


def _key(id: str, keys: str, label: str, help: str, priority: int = 0, **more: object) -> Key:
    scope = str(more.pop("scope", id.partition(".")[0]))
    return Key(id, tuple(keys.split()), label, help, scope, priority=priority, **more)  # type: ignore[arg-type]  # changes, replaces


_OPEN = ("list.open",)
_PANES = ("Fleet", "Alerts", "Topology", "Upgrades", "Templates", "Jobs", "PKI", "IPAM", "RADIUS")

KEYS: tuple[Key, ...] = (
    _key("app.help", "question_mark f1", "help", "Keys and help for what you see", 99),
    _key("app.palette", "ctrl+p f2", "palette", "Find any command by name"),
    _key("app.command", "colon", "cmd", "Type a command", 95),
    _key("app.back", "escape", "back", "Close, or go back; never quits", 40),
    _key("app.quit", "q ctrl+q", "quit", "Leave; asks when jobs run", 90),
    _key("app.last_view", "minus", "last", "Toggle between the last two views"),
    *(
        _key(f"nav.pane_{n}", str(n), title, f"Go to {title}", scope="app")
        for n, title in enumerate(_PANES, 1)
    ),
    _key("nav.pulse", "0", "Pulse", "Go to the health of the fleet on one page", scope="app"),
    _key(
        "nav.history_back",
        "left_square_bracket alt+left",
        "back",
        "Previous place, with its filter, sort, cursor and marks",
        scope="app",
    ),
    _key(
        "nav.history_forward",
        "right_square_bracket alt+right",
        "forward",
        "Next place in the history",
        scope="app",
    ),
    _key("nav.zoom", "z", "zoom", "One pane on the whole screen, again to restore", scope="app"),
    _key("nav.fleets", "", "fleets", "Go to another fleet of the settings", scope="app"),
    _key("nav.tab_next", "tab", "next tab", "Next tab or pane", 55, scope="tabs"),
    _key("nav.tab_previous", "shift+tab", "previous tab", "Previous tab or pane", scope="tabs"),
    _key(
        "ui.mouse_toggle",
        "percent_sign",
        "mouse",
        "Mouse on or off (off: select text)",
        scope="app",
    ),
    _key("ui.redraw", "f8", "redraw", "Draw the whole screen anew", scope="app"),
    _key("ui.theme", "", "theme", "Choose a theme", scope="app"),
    _key("data.pause", "p", "freeze", "Freeze what is shown, or let it move again", 20),
    _key("data.refresh", "r", "refresh", "Read the selected devices now", 35),
    _key("data.refresh_all", "R", "refresh all", "Read all visible devices now"),
    _key("data.earlier", "comma", "earlier", "Travel back in time"),
    _key("data.later", "full_stop", "later", "Travel forward in time"),
    _key("data.now", "semicolon", "now", "Back to now from another time", 80),
    _key("list.up", "k up", "up", "One row up"),
    _key("list.down", "j down", "down", "One row down"),
    _key("list.page_up", "pageup", "page up", "One page up"),
    _key("list.page_down", "pagedown", "page down", "One page down"),
    _key("list.top", "g home", "top", "First row"),
    _key("list.bottom", "G end", "bottom", "Last row"),
    _key("list.filter", "slash", "filter", "Show only what matches", 94),
    _key(
        "list.filter_clear",
        "escape",
        "clear filter",
        "Show all again",
        replaces=("app.back",),
    ),
    _key("list.mark", "space", "mark", "Mark this row", 85),
    _key("list.mark_range", "V", "range", "Mark from the last mark to here"),
    _key("list.mark_down", "shift+down", "mark down", "Mark and go down"),
    _key("list.mark_up", "shift+up", "mark up", "Mark and go up"),
    _key("list.mark_all_visible", "asterisk", "mark all", "Mark all that the filter shows"),
    _key("list.mark_clear", "u", "unmark", "Take all marks away, hidden ones too"),
    _key("list.sort", "o", "sort", "Choose the column to sort by", 30),
    _key("list.sort_reverse", "O", "reverse", "Turn the order round"),
    _key("list.columns", "c", "cols", "Choose columns and their order", 45),
    _key("list.wide", "w", "wide", "More columns, or fewer; in a text, break long lines"),
    _key("list.copy", "y", "copy", "Copy name, address, row or JSON", 25),
    _key("list.export", "E", "export", "Write what is shown to a file", 42),
    _key("list.faults_only", "F", "faults", "Show only what is not well"),
    _key("list.open", "enter", "open", "Open what is under the cursor", 60),
    _key("text.next", "n", "next hit", "The next line with what was searched", 50),
    _key("text.previous", "N", "previous hit", "The line with it before this one"),
    _key("text.only", "f", "only hits", "Only the lines of a log with what was searched", 48),
    _key("dev.open", "enter", "open", "Open the device", 60, scope="device", replaces=_OPEN),
    _key("dev.charts", "m", "charts", "Open the charts of the device", scope="device"),
    _key("chart.zoom_in", "equals_sign plus", "closer", "A shorter time", 58, scope="charts"),
    _key(
        *("chart.zoom_out", "minus", "longer", "A longer time", 57),
        scope="charts",
        replaces=("app.last_view",),
    ),
    _key("chart.earlier", "less_than_sign left", "earlier", "Back in time", 56, scope="charts"),
    _key("chart.later", "greater_than_sign right", "later", "Forward in time", scope="charts"),
    _key(
        *("chart.range", "v", "range", "Choose the time: 7d, or 2026-11-01/2026-11-03", 61),
        scope="charts",
    ),
    _key("check.run", "n", "run now", "Run the check under the cursor now", 82, scope="checks"),
    _key("dev.shell", "s", "shell", "A shell on the device", 38, scope="device", changes=True),
    _key("dev.logs", "l", "logs", "Follow the log of the device", 36, scope="device"),
    _key("dev.describe", "d", "describe", "All that is recorded, as JSON too", scope="device"),
    _key(
        "dev.tunnel",
        "t",
        "tunnel",
        "Reach the device's web page through SSH",
        scope="device",
        changes=True,
    ),
    _key("dev.config", "e", "config", "Open the configuration of the device", scope="device"),
    _key("dev.diff", "D", "diff", "Running against rendered configuration", scope="device"),
    _key(
        *("dev.ignore_drift", "i", "ignore drift", "Leave it as it has drifted until it moves", 78),
        scope="device",
        changes=True,
    ),
    _key("act.menu", "a", "actions", "All actions for the marks", 80, scope="device", changes=True),
    _key(
        *("act.run_command", "x", "run", "Run a command; shows its plan first", 75),
        scope="device",
        changes=True,
    ),
    _key(
        "act.apply",
        "A",
        "apply",
        "Apply the configuration; shows its plan first",
        scope="device",
        changes=True,
    ),
    _key(
        "act.upgrade",
        "U",
        "upgrade",
        "Upgrade the firmware; shows its plan first",
        70,
        scope="device",
        changes=True,
    ),
    _key(
        "act.delete",
        "",
        "delete",
        "Remove devices from the inventory",
        scope="device",
        changes=True,
    ),
    _key(
        "job.open",
        "enter",
        "open",
        "Open the job, or the output of the device",
        60,
        scope="jobs",
        replaces=_OPEN,
    ),
    _key("job.pause", "P", "pause job", "Pause or resume the job", 80, scope="jobs", changes=True),
    _key("job.retry", "T", "retry", "Plan the failed ones again", 75, scope="jobs", changes=True),
    _key(
        "job.abort",
        "X",
        "abort",
        "Finish what runs, skip the rest",
        70,
        scope="jobs",
        changes=True,
    ),
    _key(
        "batch.report",
        "E",
        "report",
        "Show the report of the upgrades",
        65,
        replaces=("list.export",),
    ),
    _key(
        "plan.open",
        "enter",
        "diff",
        "Show the diff and the commands of the device",
        60,
        replaces=_OPEN,
    ),
    _key("plan.order", "f9", "order", "In the order of the topology, or as before", 65),
    _key("plan.save", "W f3", "save plan", "Write the plan to a file", 70),
    _key(
        *("tunnel.open", "enter", "device", "Open the device of the tunnel", 60),
        scope="tunnels",
        replaces=_OPEN,
    ),
    _key("tunnel.close", "C", "close", "Close it; browsers lose the page", 80, scope="tunnels"),
    _key(
        *("template.open", "enter", "edit", "Open the template in the editor", 60),
        scope="templates",
        replaces=_OPEN,
    ),
    _key(
        *("template.menu", "a", "actions", "New, clone, give to devices, fields, remove", 80),
        scope="templates",
        changes=True,
    ),
    _key(*("template.new", "n", "new", "Make a new template", 75), scope="templates", changes=True),
    _key(
        *("template.history", "h", "history", "What it was, compared and brought back", 70),
        scope="templates",
    ),
    _key(
        *("template.devices", "d", "devices", "Show the devices that use it", 65),
        scope="templates",
    ),
    _key("template.variables", "v", "vars", "Variables by scope", 55, scope="templates"),
    _key(
        *("generation.open", "enter", "text", "Show it as text", 60),
        scope="generations",
        replaces=_OPEN,
    ),
    _key(
        *("generation.compare", "D", "compare", "Compare the marked two, or this with now", 80),
        scope="generations",
    ),
    _key(
        *("generation.restore", "B", "bring back", "Take this one up again", 75),
        scope="generations",
        changes=True,
    ),
    _key(
        *("variable.open", "enter", "open", "Open the scope, or change the value", 60),
        scope="variables",
        replaces=_OPEN,
    ),
    _key(*("variable.new", "n", "new", "Set a variable", 80), scope="variables", changes=True),
    _key(
        *("variable.menu", "a", "actions", "Set, remove, templates of the group", 75),
        scope="variables",
        changes=True,
    ),
    _key(
        *("notification.open", "enter", "open", "Open its alert or device, and mark it read", 60),
        scope="notifications",
        replaces=_OPEN,
    ),
    _key(
        *("notification.read", "m", "read", "Mark as read: the marked, or this one", 80),
        scope="notifications",
    ),
    _key(
        *("notification.read_all", "M", "all read", "Mark all as read", 75),
        scope="notifications",
    ),
    _key(
        *("notification.ignore", "i", "ignore", "Hear nothing of this device for a while", 70),
        scope="notifications",
    ),
    _key("edit.page", "f2", "page", "Next page", 60, replaces=("app.palette",)),
    _key("edit.external", "f3", "$EDITOR", "Edit in your own editor, secrets hidden", 70),
    _key("edit.check", "f4", "validate", "Check all of it now", 88),
    _key("edit.device", "f6", "device", "Choose the device to preview as", 80),
    _key("edit.problem", "f7", "problem", "Go to the next problem", 75),
    _key(
        *("edit.plan", "f8", "plan", "Plan to apply it to the devices that use it", 86),
        changes=True,
        replaces=("ui.redraw",),
    ),
    _key("edit.impact", "f9", "impact", "What would change on which devices", 84),
    _key("edit.kind", "f10", "JSON/YAML", "Turn between JSON and YAML, tidied", 50),
    _key("edit.open", "enter", "whole", "The page on the whole screen, to search and copy", 45),
    _key(
        *("alert.ack", "exclamation_mark", "ack", "Acknowledge with a note, or take that back", 80),
        scope="alerts",
        changes=True,
    ),
    _key(
        *("alert.silence", "S", "silence", "Tell nobody for a while", 75),
        scope="alerts",
        changes=True,
    ),
    _key("alert.note", "n", "note", "Keep a note with it", 70, scope="alerts", changes=True),
    _key("alert.fold", "f", "fold", "Show, or fold away, what it explains", 65, scope="alerts"),
    _key("topology.path", "P", "path", "Path between two nodes and its weakest link", 60),
    _key("topology.root", "b", "root", "Make this node the root", 55),
    _key("topology.shape", "T", "graph/tree", "Graph or tree", 58),
    _key(
        *("topology.order", "O", "order", "In which order devices may be taken away, and why", 45),
        replaces=("list.sort_reverse",),
    ),
    _key(
        *("topology.choose", "c", "which", "Choose the topology, or all of them as one", 52),
        replaces=("list.columns",),
    ),
    _key("topology.link", "L", "next link", "Tell of the next link of this node", 43),
    _key(
        *("topology.fold", "f", "fold", "Show, or fold away, what is unreachable behind it", 44),
        replaces=("text.only",),
    ),
    _key("topology.around", "v", "around", "This node and its neighbours alone, or all", 41),
    _key("topology.zoom_in", "equals_sign plus", "closer", "Draw the graph larger", 37),
    _key(
        *("topology.zoom_out", "minus", "farther", "Draw the graph smaller", 36),
        replaces=("app.last_view",),
    ),
    _key(
        *("topology.fit", "backspace", "all", "All of the graph in sight"),
        replaces=("list.mark_clear",),
    ),
    _key(
        *("topology.pan_left", "shift+left", "left", "Look farther to the left"),
        replaces=("nav.history_back",),
    ),
    _key(
        *("topology.pan_right", "shift+right", "right", "Look farther to the right"),
        replaces=("nav.history_forward",),
    ),
    _key(
        *("topology.pan_up", "shift+up", "up", "Look farther up"),
        replaces=("list.mark_up",),
    ),
    _key(
        *("topology.pan_down", "shift+down", "down", "Look farther down"),
        replaces=("list.mark_down",),
    ),
    _key("form.save", "f5 ctrl+s", "save", "Save the form", 90),
    _key(
        "form.cancel",
        "escape",
        "cancel",
        "Leave the form; asks when something changed",
        85,
        replaces=("app.back",),
    ),
)
