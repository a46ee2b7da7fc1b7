"""asyncssh, without its search for C libraries of algorithms that are never offered here.

Where liboqs or nettle are missing, Python looks for them with ldconfig, gcc and ld: a dozen
processes at each start, 30 ms of CPU. They serve post-quantum key exchanges and UMAC alone.
"""

from __future__ import annotations

import ctypes.util

_find = ctypes.util.find_library
ctypes.util.find_library = lambda name: None
try:
    import asyncssh
finally:
    ctypes.util.find_library = _find

__all__ = ["asyncssh"]
