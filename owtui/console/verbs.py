"""What the commands of the `:` line do: a function each, by the command's name.

A command that is not here is not offered in the console. Nothing here changes a device: what does
is planned, and the Plan screen asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, cast

from owtui import columns, commands, custom
from owtui.console import acting, configverbs, themes, watchverbs
from owtui.console.filterline import FilterLine
from owtui.engine.monitoring.charts import spans
from owtui.errors import PROBLEMS, BlockedError, InputError

if TYPE_CHECKING:
    from owtui.console.frame import Frame
    from owtui.console.screens.fleet import FleetScreen
    from owtui.engine.engine import Engine
    from owtui.engine.selection import Selection

Arguments = Mapping[str, str]
Verb = Callable[["Frame", Arguments], None]


def run(frame: Frame, text: str) -> None:
    """Do what a line says. Raises InputError, BlockedError with one sentence."""
    call = commands.parse(custom.expand(text, frame.session.loaded.aliases))
    verb = VERBS.get(call.command.name)
    if verb is None:
        raise InputError(
            f"“{call.command.name}” is not in the console.", f"Use `owtui {call.command.usage}`."
        )
    if call.command.changes and frame.session.settings.read_only:
        raise BlockedError("This fleet is read-only here.", "`owtui --write` opens it to changes.")
    if call.command.changes and frame.session.past is not None:
        raise BlockedError("You look at another time.", "`.` goes on to now, where things change.")
    verb(frame, call.arguments)


def offered(frame: Frame) -> list[commands.Command]:
    """The commands that do something here."""
    read_only = frame.session.settings.read_only
    return [c for c in commands.available("console", read_only=read_only) if c.name in VERBS]


def words(frame: Frame, text: str = "") -> list[str]:
    """The words that may stand where the line ends; the line itself looks which ones fit."""
    aliases = frame.session.loaded.aliases
    head = custom.expand(text[: text.rfind(" ") + 1], aliases)
    found = commands.find(head) if head.strip() else None
    if found is None:
        known = [word for c in offered(frame) for word in (c.name.split()[0], *c.aliases)]
        return [*known, *aliases]
    command, _ = found
    kinds = {argument.kind for argument in command.arguments}
    more = [c.name.split()[1] for c in offered(frame) if c.name.startswith(f"{command.name} ")]
    return [*more, *(word for kind in sorted(kinds) for word in _words_of(frame, kind, text))]


def _words_of(frame: Frame, kind: str, text: str) -> list[str]:
    engine = frame.session.bridge.engine
    names = [row.name for row in frame.session.rows.values()]
    match kind:
        case "device":
            return names
        case "filter":
            lead = "@" if text[text.rfind(" ") + 1 :].startswith("@") else ""
            views = [f"view:{name}" for name in engine.views.names] if engine else []
            keys = [f"{key}=" for key in columns.keys()]  # noqa: SIM118 — a function
            return [lead + word for word in (*names, *keys, *views)]
        case "action":
            read_only = frame.session.settings.read_only
            known = engine.actions if engine else ()
            return [one.id for one in known if not (read_only and one.changes)]
        case "column":
            return list(columns.keys())
        case "theme":
            return list(themes.OFFERED)
        case "fleet":
            return list(frame.session.loaded.fleets)
        case "view":
            return list(engine.views.names) if engine else []
        case "template":
            return configverbs.template_names(frame)
        case "job":
            return [str(job["number"]) for job in frame.session.jobs]
    return []


def _engine(frame: Frame) -> Engine:
    engine = frame.session.bridge.engine
    if engine is None:
        raise InputError("The engine is not running yet.", frame.session.failed or "Try again.")
    return engine


def _on_fleet(frame: Frame, do: Callable[[FleetScreen], object]) -> None:
    """Go to the devices and do something there; where they were never shown, once they are."""
    fleet = cast("FleetScreen", frame.console.go("fleet"))
    if fleet.query("#list"):
        do(fleet)
        return

    def later() -> None:
        if not fleet.query("#list"):
            frame.app.call_after_refresh(later)
            return
        try:
            do(fleet)
        except PROBLEMS as error:
            fleet.tell(error)

    frame.app.call_after_refresh(later)


def _selection(frame: Frame, text: str) -> Selection:
    """What a filter means, else the marks or the cursor; never nothing."""
    chosen = _engine(frame).select(text.removeprefix("@")) if text else None
    if chosen is None and isinstance(frame, acting.Acting):
        chosen = frame.selection()
    if not chosen:
        raise InputError(
            f"No device matches {text}." if text else "No device is selected.",
            "Name a filter, like @ap-*.",
        )
    return chosen


def _devices(frame: Frame, given: Arguments) -> None:
    _on_fleet(frame, lambda fleet: fleet.show_only(given.get("filter", "")))


def _filter(frame: Frame, given: Arguments) -> None:
    """What is shown here, where it can be filtered; else the devices."""
    if isinstance(frame, FilterLine):
        frame.show_only(given.get("filter", ""))
    else:
        _devices(frame, given)


def _show(frame: Frame, given: Arguments) -> None:
    frame.console.open_device(_engine(frame).device(given["name"]).id)


def _chart(frame: Frame, given: Arguments) -> None:
    """A device at its charts: which one, over which time."""
    state = {"range": given.get("range", ""), "chart": given.get("chart", "")}
    if state["range"]:
        spans.parse(state["range"], frame.session.now())  # told here if it is none
    frame.console.open_device(_engine(frame).device(given["name"]).id)
    opened = cast("Frame", frame.console.screen)
    opened.call_after_refresh(opened.recall, {"tab": "Charts", "charts": state})


def _shell(frame: Frame, given: Arguments) -> None:
    from owtui.console.shelling import open_shell

    open_shell(frame, _engine(frame).device(given["name"]).id)


def _logs(frame: Frame, given: Arguments) -> None:
    from owtui.console.reaching import open_log

    open_log(frame, _engine(frame).device(given["name"]).id)


def _tunnel(frame: Frame, given: Arguments) -> None:
    from owtui.console.tunnelling import open_tunnel, port_of

    device_id = _engine(frame).device(given["name"]).id
    open_tunnel(frame, device_id, port_of(given["port"]) if "port" in given else None)


def _tunnels(frame: Frame, given: Arguments) -> None:
    from owtui.console.tunnelling import show_tunnels

    show_tunnels(frame)


def _add(frame: Frame, given: Arguments) -> None:
    async def add() -> None:
        from owtui.engine.inventory.desk import draft

        made = draft(given["name"], given["address"])
        row = await frame.session.bridge.call(lambda engine: engine.inventory.add(made))
        frame.notify(f"{row.name} is in the inventory; no password is set for it.", markup=False)

    frame.ask(add, "add")


def _remove(frame: Frame, given: Arguments) -> None:
    _plan(frame, {"action": "remove_device", "filter": given["filter"]})


def _facts(frame: Frame, given: Arguments) -> None:
    frame.console.look_at(_selection(frame, given.get("filter", "")).ids)


def _run(frame: Frame, given: Arguments) -> None:
    chosen = _selection(frame, given.get("filter", ""))
    action = _engine(frame).actions.get("run_command")
    acting.plan(frame, action, chosen, {"command": given["command"]}, {})


def _plan(frame: Frame, given: Arguments) -> None:
    action = _engine(frame).actions.get(given["action"])
    acting.act(frame, action, _selection(frame, given.get("filter", "")))


def _jobs(frame: Frame, given: Arguments) -> None:
    if "id" not in given:
        frame.console.go("jobs")
        return

    async def find() -> None:
        found = await frame.session.bridge.call(lambda engine: engine.jobs.find(given["id"]))
        frame.console.open_job(found.job.id, found.job.number, found.job.action)

    frame.ask(find, "find job")


def _steer(verb: str, frame: Frame, given: Arguments) -> None:
    async def steer() -> None:
        async def asked(engine: Engine) -> None:
            found = await engine.jobs.find(given["id"])
            await getattr(engine.jobs, verb)(found.job.id)

        await frame.session.bridge.call(asked)

    frame.ask(steer, "steer")


def _retry(frame: Frame, given: Arguments) -> None:
    async def retry() -> None:
        from owtui.console.steering import plan_again

        found = await frame.session.bridge.call(lambda engine: engine.jobs.find(given["id"]))
        plan_again(frame, found.job.id)

    frame.ask(retry, "find job")


def _view(frame: Frame, given: Arguments) -> None:
    view = _engine(frame).views.saved(given["view"])
    if view is None:
        raise InputError(f"There is no view “{given['view']}”.", "`:view save NAME` makes one.")

    def use(fleet: FleetScreen) -> None:
        fleet.show_only(f"view:{given['view']}")
        fleet.use_shape(view.columns, view.sort)

    _on_fleet(frame, use)


def _view_save(frame: Frame, given: Arguments) -> None:
    _on_fleet(frame, lambda fleet: _save_view(fleet, given["name"]))


def _save_view(fleet: FleetScreen, name: str) -> None:
    text, columns_, sort = fleet.filter_text, *fleet.shape()
    if not text:
        raise InputError("There is no filter to save.", "Filter first: `:filter tag=roof`.")

    async def save() -> None:
        async def saved(engine: Engine) -> None:
            await engine.views.save(name, text, columns_, sort)
            await engine.views.load()

        await fleet.session.bridge.call(saved)
        fleet.notify(f"Saved: view:{name} is {text}", markup=False)

    fleet.ask(save, "view")


def _view_remove(frame: Frame, given: Arguments) -> None:
    async def remove() -> None:
        await frame.session.bridge.call(lambda engine: engine.views.remove(given["view"]))
        await frame.session.bridge.call(lambda engine: engine.views.load())

    frame.ask(remove, "view")


def _mark(frame: Frame, given: Arguments) -> None:
    ids = _selection(frame, given["filter"]).ids
    _on_fleet(frame, lambda fleet: fleet.mark(ids))


def _unmark(frame: Frame, given: Arguments) -> None:
    _on_fleet(frame, lambda fleet: fleet.action_list_mark_clear())


def _sort(frame: Frame, given: Arguments) -> None:
    key = columns.get(given["column"]).key
    _on_fleet(frame, lambda fleet: fleet.use_sort(key))


def _columns(frame: Frame, given: Arguments) -> None:
    chosen = given["columns"].replace(",", " ").split()
    keys = tuple(columns.get(key).key for key in chosen)
    _on_fleet(frame, lambda fleet: fleet.use_columns(keys))


def _theme(frame: Frame, given: Arguments) -> None:
    if "name" not in given:
        frame.console.action_ui_theme()
        return
    if given["name"] not in frame.app.available_themes:
        offered_ = ", ".join(themes.OFFERED)
        raise InputError(f"There is no theme “{given['name']}”.", f"There are: {offered_}.")
    frame.console.use_theme(given["name"])


def _audit(frame: Frame, given: Arguments) -> None:
    from owtui.console.screens.audit import AuditScreen

    filter_ = given.get("filter", "")
    _engine(frame).select(filter_.removeprefix("@"))  # one that cannot be used is told here
    if isinstance(frame, AuditScreen):
        frame.show_devices(filter_)
    else:
        frame.console.go_to("audit", {"devices": filter_})


def _to(view: str) -> Verb:
    """A verb that goes to a root screen."""

    def go(frame: Frame, given: Arguments) -> None:
        frame.console.go(view)

    return go


def _to_fleet(frame: Frame, given: Arguments) -> None:
    if "name" in given:
        frame.console.to_fleet(given["name"])
    else:
        frame.console.action_nav_fleets()


VERBS: Mapping[str, Verb] = {
    "devices": _devices,
    "devices show": _show,
    "devices add": _add,
    "devices remove": _remove,
    "devices export": lambda frame, given: _on_fleet(
        frame, lambda fleet: fleet.export(given.get("filter", ""))
    ),
    "chart": _chart,
    "facts": _facts,
    "shell": _shell,
    "logs": _logs,
    "tunnel": _tunnel,
    "tunnels": _tunnels,
    "run": _run,
    "plan": _plan,
    "apply": _plan,
    "jobs": _jobs,
    "upgrades": _to("upgrades"),
    "upgrade": lambda frame, given: _plan(frame, {**given, "action": "upgrade"}),
    "jobs pause": partial(_steer, "pause"),
    "jobs resume": partial(_steer, "resume"),
    "jobs cancel": partial(_steer, "cancel"),
    "jobs retry": _retry,
    "audit": _audit,
    "info": _to("about"),
    "pulse": _to("pulse"),
    "view": _view,
    "view save": _view_save,
    "view remove": _view_remove,
    "filter": _filter,
    "mark": _mark,
    "unmark": _unmark,
    "sort": _sort,
    "columns": _columns,
    **configverbs.VERBS,
    **watchverbs.VERBS,
    "settings": _to("settings"),
    "notices": _to("notices"),
    "notifications": _to("notifications"),
    "theme": _theme,
    "fleet": _to_fleet,
    "keys": lambda frame, given: frame.console.action_app_help(),
    "help": lambda frame, given: frame.console.action_app_help(),
    "quit": lambda frame, given: frame.console.action_app_quit(),
}
