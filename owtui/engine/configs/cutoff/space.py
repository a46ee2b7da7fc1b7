"""Will the file system hold it? The guard writes before it swaps, so it refuses what does not fit.

[guarded-apply.md §3, flash cost] the new files, the old ones kept beside them, the access set that
is kept whatever is touched, the guard script, manifest and list.
"""

from __future__ import annotations

from owtui.engine.configs.cutoff.model import Reason
from owtui.engine.configs.cutoff.scene import Scene

ACCESS_SET = (
    *(
        f"/etc/config/{p}"
        for p in ("network", "firewall", "wireless", "dropbear", "system", "uhttpd", "rpcd")
    ),
    "/etc/passwd",
    "/etc/shadow",
    "/etc/dropbear/authorized_keys",
    "/etc/rc.local",
)
OVERHEAD = 16 * 1024  # script, manifest, sums, list of rc.d and their directory entries
SPARE = 64 * 1024  # JFFS2 and UBIFS keep blocks for themselves and say they are free


def needed_bytes(scene: Scene) -> int:
    """Estimate what a guarded push of this change writes, in bytes."""
    touched = sum(
        len(scene.after.file(path) or b"") + len(scene.before.file(path) or b"")
        for path in scene.touched
    )
    kept = sum(len(scene.before.file(p) or b"") for p in ACCESS_SET if p not in scene.touched)
    return touched + kept + OVERHEAD


def look(scene: Scene) -> list[Reason]:
    """Compare what is needed with what is free; where nobody knows, the guard itself will see."""
    free = scene.free_bytes
    if free is None and scene.facts.flash_total:
        free = scene.facts.flash_available
    if free is None or not scene.touched:
        return []
    need = needed_bytes(scene)
    figures = f"about {_kib(need)} are needed, {_kib(free)} are free"
    if need > free:
        return [
            Reason(
                "certain",
                f"The flash of the device cannot hold this change: {figures}.",
                hint="Remove packages or files on it, or push less at once.",
            )
        ]
    if need + SPARE > free:
        return [
            Reason(
                "doubt",
                f"The flash of the device is nearly full: {figures}.",
                hint="The guard refuses before it changes anything if it does not fit.",
            )
        ]
    return []


def _kib(size: int) -> str:
    return f"{(size + 1023) // 1024} KiB"
