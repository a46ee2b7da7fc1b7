"""Settings and paths: one place for TOML, environment and XDG folders.

Order, last wins: defaults, /etc/owtui.toml, the user's config.toml, its [fleet.NAME] section, the
environment (OWTUI_*), the command line. An unknown key is an error with file and nearest key.
Beside the settings the files hold own actions and aliases, see owtui.custom.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from math import inf
from pathlib import Path
from typing import Any

from owtui import custom
from owtui.errors import InputError

SYSTEM_FILE = Path("/etc/owtui.toml")


@dataclass(frozen=True, slots=True)
class Paths:
    """Where owtui keeps things, by XDG. Folders are made 0700 by whoever writes first."""

    config: Path
    data: Path
    state: Path
    cache: Path
    runtime: Path

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Paths:
        """XDG base directories with their defaults, each with /owtui behind it."""
        home = Path(environ.get("HOME", "~")).expanduser()

        def folder(name: str, default: Path) -> Path:
            given = environ.get(name, "")
            return (Path(given) if given.startswith("/") else default) / "owtui"

        state = folder("XDG_STATE_HOME", home / ".local" / "state")
        return cls(
            config=folder("XDG_CONFIG_HOME", home / ".config"),
            data=folder("XDG_DATA_HOME", home / ".local" / "share"),
            state=state,
            cache=folder("XDG_CACHE_HOME", home / ".cache"),
            runtime=folder("XDG_RUNTIME_DIR", state),
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user may set; the names are the keys of the TOML file.

    Seconds end in `_s`. `keys` maps binding ids to lists of keys, or to "<disabled>".
    The `auto_…` are OpenWISP's AUTO_… settings: which checks run where nobody said otherwise.
    """

    fleet: str = "main"
    database: str = ""  # URL; "" is SQLite in the data folder
    read_only: bool = False
    theme: str = "owtui-dark"
    ascii: bool = False
    color: bool = True
    mouse: bool = True
    low_bandwidth: bool = False
    restore: bool = True  # the console begins where it was left
    zone: str = ""
    host_keys: str = ""  # ask | accept-new | strict; "": ask at a terminal, strict without
    management_ip_only: bool = True
    shared_management_ip: bool = True
    connect_timeout_s: float = 5.0
    login_timeout_s: float = 60.0
    auth_timeout_s: float = 2.0
    command_timeout_s: float = 30.0
    keepalive_s: float = 5.0
    idle_s: float = 120.0
    max_connections: int = 500
    parallel: int = 50
    facts_every_s: float = 60.0  # 0 switches the facts loop off
    ping: str = "auto"  # auto | icmp | tcp
    auto_ping: bool = True
    auto_config_check: bool = True
    auto_data_collected: bool = True
    auto_iperf3: bool = False
    auto_wifi_clients: bool = False
    checks_every_s: float = 300.0  # 0 switches the checks off
    checks: Mapping[str, Any] = field(default_factory=dict)  # params by type, or "ORG/TYPE"
    series: str = ""  # URL of VictoriaMetrics; "" is a file beside the inventory
    notify_site: str = ""  # in the subjects of mails; "" is the fleet's name
    notify_bell: bool = False
    notify_email_every_s: float = 10800.0  # 0: a mail each
    notify_email_limit: int = 15
    notify_smtp_host: str = ""  # "" sends no mail
    notify_smtp_port: int = 0  # 0: the usual one of notify_smtp_tls
    notify_smtp_tls: str = "starttls"
    notify_smtp_user: str = ""
    notify_smtp_from: str = ""
    notify_webhook_url: str = ""
    notify_webhook_tls: str = "verify"  # or pin:<sha256>
    notify_webhook_repeat: bool = False
    notify_exec: str = ""
    notify_exec_s: float = 10.0
    alert_hold_s: float = 1800.0
    alert_grace_s: float = 180.0
    topology_updates: bool = True
    topology_fetch_s: float = 8.0
    topology_link_days: float = 60.0  # 0: never forgotten
    topology_node_days: float = 0.0
    topology_history_days: float = 365.0
    topology_down_percent: float = 50.0  # 0: no alert
    topology_mesh: bool = False
    firmware_max_mib: int = 30
    firmware_keys: str = ""  # files and folders of usign's public keys, with colons between
    firmware_boards: str = ""  # board maps, with colons between
    firmware_backup_days: float = 90.0  # 0: kept for ever
    passphrase_file: str = ""
    keys: Mapping[str, Any] = field(default_factory=dict)
    keys_preset: str = "default"
    log_level: str = "warning"
    operator: str = ""  # OWTUI_OPERATOR, private databases only


@dataclass(frozen=True, slots=True)
class Origin:
    """What set a value. `kind`: default, file, fleet (a section), environment, command line."""

    kind: str
    where: str = ""  # the file, the variable or the option
    line: int = 0

    def words(self) -> str:
        """As a person reads it."""
        line = f", line {self.line}" if self.line else ""
        return f"{self.where}{line}" if self.where else f"the {self.kind}"


DEFAULT = Origin("default")


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings with where they came from, for `owtui info` and `config-file`."""

    settings: Settings
    paths: Paths
    files: tuple[Path, ...] = ()
    fleets: tuple[str, ...] = ("main",)
    actions: tuple[custom.CustomAction, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)  # of those that were set

    def origin(self, key: str) -> Origin:
        """What set this one."""
        return self.origins.get(key, DEFAULT)

    @property
    def user_file(self) -> Path:
        """The file to write a setting into; it need not be there yet."""
        own = [file for file in self.files if file != SYSTEM_FILE]
        return own[-1] if own else self.paths.config / "config.toml"


TABLES = frozenset({"keys", "checks"})  # settings that are tables, in files alone

CHOICES: Mapping[str, tuple[str, ...]] = {
    "log_level": ("debug", "info", "warning", "error"),
    "host_keys": ("", "ask", "accept-new", "strict"),
    "notify_smtp_tls": ("starttls", "tls", "off"),
    "ping": ("auto", "icmp", "tcp"),
}

# The least that a number may be; what must be more than nothing is a tenth of a second.
LEAST: Mapping[str, float] = {
    **dict.fromkeys(("connect_timeout_s", "login_timeout_s", "auth_timeout_s"), 0.1),
    **{"command_timeout_s": 0.1, "keepalive_s": 0, "idle_s": 0, "facts_every_s": 0},
    **{"max_connections": 1, "parallel": 1, "checks_every_s": 0},
    **{"notify_email_every_s": 0, "notify_email_limit": 1, "notify_smtp_port": 0},
    **{"notify_exec_s": 0.1, "topology_fetch_s": 0.1, "topology_down_percent": 0},
    **{"topology_link_days": 0, "topology_node_days": 0, "topology_history_days": 1},
    **{"firmware_max_mib": 1, "firmware_backup_days": 0},
}

_TYPES = {f.name: f.type for f in fields(Settings)}
_CASTS: dict[str, type | tuple[type, ...]] = {
    "bool": bool,
    "int": int,
    "float": (int, float),
    "str": str,
}


def load(
    environ: Mapping[str, str] | None = None,
    *,
    config: Path | None = None,
    fleet: str | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Loaded:
    """Read every source. Raises InputError with file and key on the first thing that is wrong."""
    environ = os.environ if environ is None else environ
    paths = Paths.of(environ)
    user_file = config or Path(environ.get("OWTUI_CONFIG", paths.config / "config.toml"))
    if config is not None and not config.exists():
        raise InputError(f"There is no settings file {config}.", "Check --config.")
    settings = Settings()
    files: list[Path] = []
    origins: dict[str, Origin] = {}
    sections: dict[str, dict[str, Any]] = {}
    own = _Own()
    in_section: dict[str, dict[str, Origin]] = {}
    for file in (SYSTEM_FILE, user_file):
        text = _read(file)
        if text is None:
            continue
        table = _parsed(text, file)
        files.append(file)
        own.take(table, file)
        for name, section in _take(table, "fleet", file).items():
            sections.setdefault(name, {}).update(_checked(section, file, f"fleet.{name}."))
            found = {key: Origin("fleet", str(file), _line(text, key, name)) for key in section}
            in_section.setdefault(name, {}).update(found)
        settings = replace(settings, **_checked(table, file))
        origins |= {key: Origin("file", str(file), _line(text, key)) for key in table}
    environment = _from_environment(environ)
    name = fleet or environment.pop("fleet", None) or settings.fleet
    if name not in sections and name not in ("main", "demo", settings.fleet):
        near = get_close_matches(name, sections, 1)
        raise InputError(
            f"There is no fleet “{name}” in the settings.",
            f"Did you mean {near[0]}?" if near else f"Add a [fleet.{name}] section.",
        )
    told = {**sections.get(name, {}), **environment, **(overrides or {}), "fleet": name}
    settings = replace(settings, **told)
    _check_choices(settings)
    custom.check_aliases(own.aliases, own.files)
    origins |= in_section.get(name, {})
    origins |= {key: _variable(key, environ) for key in environment}
    origins |= dict.fromkeys(overrides or (), Origin("command line", "the command line"))
    if fleet:
        origins["fleet"] = Origin("command line", "the command line")
    elif environ.get("OWTUI_FLEET"):
        origins["fleet"] = _variable("fleet", environ)
    fleets = tuple(dict.fromkeys(("main", *sections)))
    actions = tuple(own.actions.values())
    return Loaded(settings, paths, tuple(files), fleets, actions, own.aliases, origins)


def database_url(loaded: Loaded) -> str:
    """The inventory's URL: what is set, else SQLite in the data folder, one file a fleet."""
    if loaded.settings.database:
        return loaded.settings.database
    fleet = loaded.settings.fleet
    name = "owtui.db" if fleet == "main" else f"owtui-{fleet}.db"
    return f"sqlite:///{loaded.paths.data / name}"


@dataclass(slots=True)
class _Own:
    """What the files add to the program; a later file has the last word on a name."""

    actions: dict[str, custom.CustomAction] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)  # where an alias was read

    def take(self, table: dict[str, Any], file: Path) -> None:
        """Take the tables out of a file's."""
        self.actions |= custom.actions(table.pop("action", {}), file)
        aliases = custom.aliases(table.pop("alias", {}), file)
        self.aliases |= aliases
        self.files |= dict.fromkeys(aliases, file)


def _read(file: Path) -> str | None:
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The settings file {file} cannot be read: {error}.") from None


def _parsed(text: str, file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"The settings file {file} is not TOML: {error}.") from None


def _line(text: str, key: str, fleet: str = "") -> int:
    """The line of a key of the file, or of a fleet's section in it; 0 where it is written oddly."""
    names = (f"fleet.{fleet}", f'fleet."{fleet}"') if fleet else ("",)
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        word = line.split("#", 1)[0].strip()
        if word.startswith("["):
            section = word.strip("[] ")
            if not fleet and section.split(".")[0].strip() == key:
                return number
        elif section in names and word.split("=", 1)[0].split(".")[0].strip(" \"'") == key:
            return number
    return 0


def _variable(key: str, environ: Mapping[str, str]) -> Origin:
    name = f"OWTUI_{key.upper()}"
    return Origin("environment", "NO_COLOR" if key == "color" and environ.get("NO_COLOR") else name)


def _take(table: dict[str, Any], key: str, file: Path) -> dict[str, dict[str, Any]]:
    section = table.pop(key, {}) if isinstance(table.get(key), dict) else {}
    for name, value in section.items():
        if not isinstance(value, dict):
            raise InputError(f"{file}: fleet.{name} must be a section, [fleet.{name}].")
    return section


def _checked(table: Mapping[str, Any], file: Path, prefix: str = "") -> dict[str, Any]:
    for key, value in table.items():
        if key not in _TYPES:
            near = get_close_matches(key, _TYPES, 1)
            raise InputError(
                f"{_where(file, prefix, key)}: unknown key “{prefix}{key}”.",
                f"Did you mean {near[0]}?" if near else "`owtui config-file schema` lists them.",
            )
        wanted = _CASTS.get(str(_TYPES[key]))
        good = isinstance(value, wanted) if wanted else isinstance(value, dict)
        if not good or (isinstance(value, bool) and wanted is not bool):
            raise InputError(
                f"{_where(file, prefix, key)}: {prefix}{key} must be {_said(key)}, not {value!r}."
            )
    return dict(table)


def _where(file: Path, prefix: str, key: str) -> str:
    """`file:line` of a key, of which TOML's parser tells only the value; the file if not found."""
    section, wanted = "", f"{prefix}{key}"
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        header = re.match(r"\s*\[([^\[\]]+)\]", line)
        if header is not None:
            section = re.sub(r"[\s\"']", "", header[1]) + "."
        name = "" if header else line.partition("=")[0].strip().strip("\"'")
        if f"{section}{name}".rstrip(".") == wanted or section.startswith(f"{wanted}."):
            return f"{file}:{number}"
    return str(file)


def _check_choices(settings: Settings) -> None:
    for key, least in LEAST.items():
        number = getattr(settings, key)
        if not least <= number < inf:
            raise InputError(
                f"The setting {key} cannot be {number:g}.", f"It is a number from {least:g} on."
            )
    for key, known in CHOICES.items():
        value = getattr(settings, key)
        if value not in known:
            raise InputError(
                f"The setting {key} cannot be “{value}”.",
                f"Known: {', '.join(filter(None, known))}.",
            )


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, kind in _TYPES.items():
        text = environ.get(f"OWTUI_{key.upper()}")
        if text is None or key in TABLES:
            continue
        try:
            found[key] = _from_text(text, str(kind))
        except ValueError:
            raise InputError(f"OWTUI_{key.upper()} must be {_said(key)}, not {text!r}.") from None
    if environ.get("NO_COLOR"):
        found["color"] = False
    return found


def _said(key: str) -> str:
    words = {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "a text"}
    return words.get(str(_TYPES[key]), "a table")


def _from_text(text: str, kind: str) -> Any:
    if kind == "bool":
        word = text.strip().lower()
        if word not in ("1", "0", "true", "false", "yes", "no", "on", "off", ""):
            raise ValueError(text)
        return word in ("1", "true", "yes", "on")
    return {"int": int, "float": float}.get(kind, str)(text)
