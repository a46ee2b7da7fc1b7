"""Who is at the keyboard: the name and host that the audit keeps.

The OS login is the operator; under sudo it is the person who called it. A name from the environment
counts only on a private database, where nobody else is fooled.
"""

from __future__ import annotations

import os
import pwd
import socket
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operator:
    """A person (or service) at a face of owtui: console, cli, engine."""

    name: str
    host: str
    face: str


def whoami(
    face: str, environ: Mapping[str, str] | None = None, *, private: bool = True
) -> Operator:
    """Tell who runs this process; see decisions: SUDO_USER before the uid."""
    environ = os.environ if environ is None else environ
    name = environ.get("OWTUI_OPERATOR", "") if private else ""
    name = name or (environ.get("SUDO_USER", "") if os.geteuid() == 0 else "")
    if not name:
        try:
            name = pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            name = str(os.getuid())
    return Operator(name, socket.gethostname(), face)
