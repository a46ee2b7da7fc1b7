"""The verdict against the corpus: no cut-off is missed, hardly any harmless change is blocked."""

from __future__ import annotations

from collections import Counter

from owtui.engine.configs.cutoff import CutOff, judge
from tests.engine.configs.corpus import Pair, corpus

SEED = 20261126
SIZE = 200


def verdict(pair: Pair) -> CutOff:
    """Ask the verdict about a pair."""
    return judge(pair.box.way, pair.box.running(), pair.changes, pair.box.facts)


def test_every_cut_off_is_certain_and_harmless_changes_pass() -> None:
    pairs = corpus(SEED, SIZE)
    assert sum(p.cuts for p in pairs) == SIZE // 2
    levels: Counter[tuple[bool, str]] = Counter()
    missed, wrong = [], []
    for pair in pairs:
        found = verdict(pair)
        levels[pair.cuts, found.level] += 1
        said = f"{pair.shape}: {pair.words} → {[r.sentence for r in found.reasons]}"
        if pair.cuts and found.level != "certain":
            missed.append(said)
        if not pair.cuts and found.level == "certain":
            wrong.append(said)
    print(f"seed {SEED}: {dict(levels)}")
    assert not missed, "\n".join(missed)
    assert len(wrong) <= SIZE // 2 * 0.02, "\n".join(wrong)
    assert levels[False, "doubt"] <= SIZE // 2 * 0.1
