"""Devices for the corpus of the verdict: shapes as they are in the field, drawn from a seed.

A UCI model of its own, so that nothing of what is judged takes part in making the question.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from owtui.engine.configs.cutoff import Way
from owtui.engine.configs.model import File, Running
from owtui.engine.openwrt.facts import Facts

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOurOwnKeyOfTheConsole0000000000000000000"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAISomebodyElsesKey0000000000000000000000"
PASSWORD = "correct horse"
# The same password under two salts, another one, made with `openssl passwd -1`.
HASH = "$1$Qa7sLm2k$eRua1X3sb8CFhYH5KkuVQ/"
REHASH = "$1$zzTop444$hiTLW1sIePpT03ZZAsLWu."
OTHER_HASH = "$1$Qa7sLm2k$tByEQaKkuD35ZdHALT3r3/"


@dataclass
class Sec:
    """A section; `name` None: anonymous."""

    type: str
    name: str | None
    opts: dict[str, Any]


@dataclass
class Box:
    """A device, our way in, and words on what is true of it (`is_`), for changes to ask."""

    conf: dict[str, list[Sec]]
    facts: Facts
    way: Way
    is_: set[str]
    net: dict[str, str] = field(default_factory=dict)  # names: lan, dev, zone, client, server…
    files: dict[str, bytes] = field(default_factory=dict)
    free: int | None = 8_000_000

    def copy(self) -> Box:
        """A twin whose configuration may be changed."""
        twin = copy.copy(self)
        twin.conf, twin.files = copy.deepcopy(self.conf), dict(self.files)
        return twin

    def sec(self, package: str, kind: str, name: str = "", **opts: str) -> Sec:
        """The first section of a type with this name and these options (`name_` for `name`)."""
        return next(
            s
            for s in self.conf[package]
            if s.type == kind
            and name in ("", s.name)
            and all(s.opts.get(k.rstrip("_")) == v for k, v in opts.items())
        )

    def drop(self, package: str, section: Sec) -> None:
        """Take a section out."""
        self.conf[package] = [s for s in self.conf[package] if s is not section]

    def add(self, package: str, kind: str, name: str | None = None, **opts: Any) -> Sec:
        """Append a section."""
        section = Sec(kind, name, {k.rstrip("_"): v for k, v in opts.items()})
        self.conf.setdefault(package, []).append(section)
        return section

    @property
    def home(self) -> Sec:
        """The interface that we come in on."""
        return self.sec("network", "interface", self.net["lan"])

    @property
    def zone(self) -> Sec:
        """The zone that it is in."""
        return self.sec("firewall", "zone", name_=self.net["zone"])

    def printed(self) -> dict[str, File]:
        """All files as they lie on the device."""
        out = {f"/etc/config/{p}": File(text(secs)) for p, secs in self.conf.items()}
        return out | {path: File(data) for path, data in self.files.items()}

    def running(self) -> Running:
        """What was read from the device."""
        return Running(self.printed(), {}, free_bytes=self.free)


def text(sections: list[Sec]) -> bytes:
    """Print sections as a file of /etc/config."""
    lines = []
    for section in sections:
        named = f" '{section.name}'" if section.name else ""
        lines.append(f"\nconfig {section.type}{named}")
        for option, value in section.opts.items():
            if isinstance(value, list):
                lines += [f"\tlist {option} '{item}'" for item in value]
            else:
                lines.append(f"\toption {option} '{value}'")
    return ("\n".join(lines) + "\n").encode()
