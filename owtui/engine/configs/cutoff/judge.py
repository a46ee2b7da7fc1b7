"""The verdict: every rule asked, the worst answer taken, a new way verified when one is given."""

from __future__ import annotations

from owtui.engine.configs.cutoff import contents, space
from owtui.engine.configs.cutoff.model import CutOff, Reason, Way, worst
from owtui.engine.configs.cutoff.scene import Scene
from owtui.engine.configs.model import FileChanges, Running
from owtui.engine.openwrt.facts import Facts


def judge(
    way: Way,
    running: Running,
    changes: FileChanges,
    facts: Facts | None = None,
    *,
    on_purpose: str = "",
) -> CutOff:
    """Say whether the way in survives the change.

    changes: the complete files that are put (None: removed), as the guard will swap them
    on_purpose: "address", "address:port" or ":port", where the device is dialled afterwards; then
        the level is that of the new way
    Raises InputError when `on_purpose` is neither.
    """
    scene = Scene(way, running, changes, facts or Facts())
    if not scene.touched:
        return CutOff()
    reasons: list[Reason] = [*contents.look(scene), *space.look(scene)]
    return CutOff(worst(reasons), tuple(reasons))
