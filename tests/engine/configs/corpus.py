"""The corpus of the verdict: pairs of configurations from a seed, half of which cut us off."""

from __future__ import annotations

import random
from dataclasses import dataclass

from owtui.engine.configs.model import FileChanges
from tests.engine.configs import cutting, harmless, shutting, silencing, soothing
from tests.engine.configs.boxes import Box
from tests.engine.configs.change import ALL, Change
from tests.engine.configs.shapes import SHAPES, shape

FAMILIES = (cutting, shutting, silencing, harmless, soothing)  # importing them fills ALL


@dataclass(frozen=True)
class Pair:
    """A device, what is done to it, and what becomes of our way in."""

    shape: str
    words: str
    cuts: bool
    box: Box
    changes: FileChanges


def corpus(seed: int, size: int = 200) -> list[Pair]:
    """Draw pairs: half cut, each shape as often as the others, each change about as often."""
    rng = random.Random(seed)
    used: dict[str, int] = {}
    pairs = []
    for index in range(size):
        box = shape(rng, index // 2)
        fitting = [c for c in ALL if c.cuts == (index % 2 == 0) and c.fits(box)]
        rarest = min(used.get(c.words, 0) for c in fitting)
        chosen = rng.choice([c for c in fitting if used.get(c.words, 0) == rarest])
        used[chosen.words] = rarest + 1
        pairs.append(_pair(SHAPES[index // 2 % len(SHAPES)].__name__, chosen, box, rng))
    return pairs


def _pair(name: str, chosen: Change, box: Box, rng: random.Random) -> Pair:
    twin = box.copy()
    words = [chosen.words]
    chosen.apply(twin, rng)
    for noise in _noise(box, rng):
        noise.apply(twin, rng)
        words.append(noise.words)
    box.free = twin.free
    before, after = box.printed(), twin.printed()
    changes = {p: f for p, f in after.items() if before.get(p) != f}
    return Pair(
        name, " + ".join(words), chosen.cuts, box, changes | dict.fromkeys(before.keys() - after)
    )


_NOISE = (
    "another name and another time",
    "packages that have nothing to do with it",
    "programs and pages",
)


def _noise(box: Box, rng: random.Random) -> list[Change]:
    """What is pushed along, as in life: harmless by itself on any device."""
    return [c for c in ALL if c.words in _NOISE and rng.random() < 0.25]
