"""The verdict against the corpus: no cut-off is missed, hardly any harmless change is blocked."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace

from owtui.engine.configs.cutoff import CutOff, judge
from owtui.engine.openwrt.facts import Facts
from tests.engine.configs.change import ALL
from tests.engine.configs.corpus import Pair, corpus
from tests.engine.configs.shapes import SHAPES

SEED = 20261126
SIZE = 200
FLEET = 1000
CPU_S = 10.0  # for the fleet; measured 2.7 s on a busy core


def verdict(pair: Pair) -> CutOff:
    """Ask the verdict about a pair."""
    return judge(pair.box.way, pair.box.running(), pair.changes, pair.box.facts)


def told(pair: Pair, found: CutOff) -> str:
    """What was asked and answered, for a person."""
    return f"{pair.shape}: {pair.words} → {[r.sentence for r in found.reasons]}"


def test_every_cut_off_is_certain_and_harmless_changes_pass() -> None:
    pairs = corpus(SEED, SIZE)
    assert sum(p.cuts for p in pairs) == SIZE // 2
    assert len({p.shape for p in pairs}) == len(SHAPES)
    asked = [(p, verdict(p)) for p in pairs]
    levels = Counter((p.cuts, found.level) for p, found in asked)
    print(f"seed {SEED}: {dict(levels)}, {len(ALL)} kinds of changes")
    missed = [told(p, found) for p, found in asked if p.cuts and found.level != "certain"]
    wrong = [told(p, found) for p, found in asked if not p.cuts and found.level == "certain"]
    assert not missed, "\n".join(missed)
    assert len(wrong) <= SIZE // 2 * 0.02, "\n".join(wrong)
    assert levels[False, "doubt"] <= SIZE // 2 * 0.05


def test_without_facts_nothing_is_lost_in_silence_or_blocked_for_nothing() -> None:
    for pair in corpus(SEED + 1, SIZE):
        blind = replace(pair.box, facts=Facts(version=pair.box.facts.version))
        found = judge(blind.way, blind.running(), pair.changes, blind.facts)
        assert found.level != ("safe" if pair.cuts else "certain"), told(pair, found)


def test_every_reason_says_where_and_what_to_do() -> None:
    for pair in corpus(SEED + 2, SIZE):
        for reason in verdict(pair).reasons:
            assert reason.sentence.endswith("."), reason
            assert reason.hint.endswith("."), reason
            assert reason.package or "flash" in reason.sentence
            assert "cfg0" not in reason.sentence + reason.place, reason


def test_a_fleet_of_a_thousand_is_judged_in_ten_seconds() -> None:
    pairs = [p for n in range(FLEET // SIZE) for p in corpus(SEED + 10 + n, SIZE)]
    asked = [(p.box.way, p.box.running(), p.changes, p.box.facts) for p in pairs]
    start = time.process_time()
    for way, running, changes, facts in asked:
        judge(way, running, changes, facts)
    took = time.process_time() - start
    print(f"{len(asked)} devices judged in {took:.2f} s of CPU")
    assert took <= CPU_S
