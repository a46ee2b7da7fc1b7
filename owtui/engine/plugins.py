"""How families load their members: a folder of ours, then the entry points of packages.

A member is a module with a `register(family)`. Ours must load; one of another package that fails is
handed back as a name and a reason, logged with its traceback, and never the end of the program.
"""

from __future__ import annotations

import logging
import pkgutil
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

_log = logging.getLogger(__name__)


def load(family: Any, folder: ModuleType, group: str, left_out: Callable[[str, str], None]) -> None:
    """Let every member register itself with `family`, in the order of their names.

    folder: the package whose modules are ours; group: the name of the entry points
    left_out: told the name of a plug-in that failed and why, while the exception is handled
    """
    for name in sorted(found.name for found in pkgutil.iter_modules(folder.__path__)):
        register(family, import_module(f"{folder.__name__}.{name}"))
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        try:
            register(family, point.load())
        except Exception as error:  # noqa: BLE001  # the plug-in loader of style.md §7
            _log.warning("The plug-in %s of %s is left out.", point.name, group, exc_info=True)
            left_out(point.name, f"{type(error).__name__}: {error}")


def register(family: Any, module: ModuleType) -> None:
    """Let a module add its members; one without `register` has none."""
    if hasattr(module, "register"):
        module.register(family)
