"""What rpcd's apply and confirm cannot do, in words, before anything is sent. Pure.

[guarded-apply.md, section 6: rpcd snapshots the packages that it applies, in RAM, and nothing else]
"""

from __future__ import annotations

from owtui.engine.configs.landing import Landing
from owtui.engine.configs.model import File, Running
from owtui.engine.configs.rpcguard import WINDOW_LEAST_S
from owtui.engine.configs.sections import package_name, parsed
from owtui.engine.openwrt.sums import told_only
from owtui.errors import ProtocolError

WAY_OUT = "give it an SSH connection, or allow `file exec` to its ubus login"

WEAKER = (
    "Over HTTP rpcd alone guards this: a power cut, a reboot, a restart of rpcd or an apply in LuCI"
    " within the window keeps the new configuration. Comments in the files are lost."
)
TOGETHER = (
    "It is reached over HTTP alone, where a reboot within the window keeps the new configuration"
    f" though the others go back: all or none cannot be held. Push it on its own, or {WAY_OUT}."
)
SHORT = (
    f"Over HTTP a window has to be {WINDOW_LEAST_S} s or more, as rpcd would take a confirm before"
    " the services have acted."
)


def by_rpcd(running: Running | None) -> bool:
    """True where rpcd has to guard a push: when it was read last there was no SSH and no exec."""
    return running is not None and told_only(running.sums)


def refusal(landing: Landing, running: Running) -> str:
    """Why rpcd cannot carry these changes, "" when it can."""
    for path, file in sorted(landing.changes.items()):
        if why := _why_not(path, file, running):
            return f"Over HTTP {why}: {WAY_OUT}."
    return ""


def _why_not(path: str, file: File | None, running: Running) -> str:
    name = package_name(path)
    if name is None:
        return f"{path} cannot be put there, as rpcd takes back packages of /etc/config only"
    if file is None:
        return f"{path} cannot be removed, as rpcd does not delete packages"
    if path not in running.files:
        return f"{path} cannot be made, as rpcd changes packages that are there and makes none"
    if name == "rpcd":
        return "rpcd's own configuration cannot change: its restart would forget the way back"
    try:
        package = parsed(file.data, name)
    except ProtocolError:
        return f"{path} cannot be put there, as it is no UCI"
    for section in package.sections:
        for option, value in section.options.items():
            said = [value] if isinstance(value, str) else value
            if not all(said) or any("\udc80" <= letter <= "\udcff" for letter in "".join(said)):
                where = f"{name}.{section.name or section.handle or section.type}.{option}"
                return f"{where} cannot be told, as it is empty or no UTF-8"
    return ""
