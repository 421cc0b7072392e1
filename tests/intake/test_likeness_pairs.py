"""The hand-made set: what is decided alone is right, and little is lost without a person."""

from collections import Counter

import pytest

from services.intake.likeness.blocking import blocks
from services.intake.likeness.judging import Answer, judge
from services.intake.matching import match_keys
from tests.intake.pairs import Pair, read_pairs

PAIRS = read_pairs()
NOT_LOST = 0.97
"""Of the pairs that are the same so many are joined or shown to a person; the rest is lost."""
JOINED = 0.5
"""So many of them are joined without a person."""


def test_there_are_enough_pairs_of_every_kind() -> None:
    """More than 120 pairs, and as good as half of them are two people."""
    same = sum(pair.same for pair in PAIRS)
    assert len(PAIRS) >= 120
    assert min(same, len(PAIRS) - same) >= 0.35 * len(PAIRS)


def test_what_the_set_shows(capsys: pytest.CaptureFixture[str]) -> None:
    """No automatic merge is wrong, and hardly a pair that is the same is called different."""
    answers = Counter((p.same, judge(p.one, p.other).answer) for p in PAIRS if p.enough)
    joined, wrongly = answers[True, Answer.SAME], answers[False, Answer.SAME]
    same = sum(count for (is_same, _), count in answers.items() if is_same)
    looked_at = answers[True, Answer.DOUBTFUL] + answers[False, Answer.DOUBTFUL]
    lost = answers[True, Answer.DIFFERENT]
    with capsys.disabled():
        print(
            f"\n{sum(answers.values())} pairs of whom enough is known: {joined + wrongly} joined,"
            f" precision {joined / (joined + wrongly):.3f}, recall {joined / same:.3f} alone and"
            f" {(same - lost) / same:.3f} with a person; {looked_at} go to a person"
            f" ({answers[True, Answer.DOUBTFUL]} are the same)"
        )
    assert wrongly == 0
    assert (same - lost) / same >= NOT_LOST
    assert joined / same >= JOINED


@pytest.mark.parametrize("pair", [p for p in PAIRS if not p.same], ids=str)
def test_two_people_are_never_joined(pair: Pair) -> None:
    """Twins, fathers and sons, common names: whatever is known, never without a person."""
    assert judge(pair.one, pair.other).answer is not Answer.SAME


def test_who_may_be_the_same_is_found() -> None:
    """Whom the comparison does not call different, a key or a blocking key brings together."""
    for pair in PAIRS:
        if not pair.enough or judge(pair.one, pair.other).answer is Answer.DIFFERENT:
            continue
        for one, other in ((pair.one, pair.other), (pair.other, pair.one)):
            mine, theirs = (match_keys(each.person, each.agency) for each in (one, other))
            found = set(blocks(one).kept) & set(blocks(other).sought)
            assert found or set(mine) & set(theirs), pair
