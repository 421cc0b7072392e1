"""A policy says whom a checker trusts; a line that says it wrongly is named."""

from itertools import chain, combinations

import pytest

from services.audit.tlog.notes import Algorithm, SigningKey
from services.audit.tlog.witness_policy import MalformedPolicy, Policy, parse_policy
from tests.audit.verify.laid import ALONE, LOG, MAYOR, OTHER_LOG, POLICE, WITNESSED

WITNESSES = {
    name: SigningKey.generate(f"{name}.example", bytes([10 + at]) * 32, Algorithm.COSIGNATURE)
    for at, name in enumerate(["X1", "X2", "X3", "Y1", "Y2", "Y3"])
}
# The example of the public specification, with keys: two of the X, and one of the Y.
EXAMPLE = (
    f"log {LOG.verifier}\n\n"
    + "".join(f"witness {name} {key.verifier}\n" for name, key in WITNESSES.items())
    + "group X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y1 Y2 Y3\n"
    "group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
)


def test_the_published_example_asks_for_two_of_one_group_and_one_of_the_other() -> None:
    """Of every set of witnesses."""
    policy = parse_policy(EXAMPLE)
    every = chain.from_iterable(combinations(WITNESSES, count) for count in range(7))

    for names in every:
        xs, ys = sum(n[0] == "X" for n in names), sum(n[0] == "Y" for n in names)
        accepted = policy.accepts({WITNESSES[name].verifier for name in names})
        assert accepted == (xs >= 2 and ys >= 1), names


def test_a_policy_without_witnesses_accepts_what_the_log_signs() -> None:
    """`quorum none` asks for nobody."""
    policy = parse_policy(ALONE)

    assert policy.accepts([])
    assert (policy.logs, policy.witness_keys) == ((LOG.verifier,), ())


def test_a_witness_is_known_by_its_key_alone() -> None:
    """A log's key, or a stranger's, is none that agrees."""
    policy = parse_policy(WITNESSED)

    assert policy.accepts([POLICE.verifier, MAYOR.verifier])
    assert not policy.accepts([POLICE.verifier, LOG.verifier, *WITNESSES_KEYS])


WITNESSES_KEYS = [key.verifier for key in WITNESSES.values()]


def test_while_keys_change_a_log_has_two() -> None:
    """Both are the log's, and only its."""
    policy = parse_policy(f"log {LOG.verifier}\nlog {OTHER_LOG.verifier} https://x/\nquorum none")

    assert policy.log_keys(LOG.name) == (LOG.verifier, OTHER_LOG.verifier)
    assert policy.log_keys("another.example/log") == ()


def test_comments_blanks_tabs_and_addresses_are_read() -> None:
    """As the specification has them; a name may have any letters."""
    policy: Policy = parse_policy(
        f"\t# who is who\n  witness  Wächter\t{POLICE.verifier}  https://w.example/ \n\n"
        "quorum Wächter\n"
    )

    assert policy.witnesses["Wächter"].url == "https://w.example/"
    assert policy.witnesses["Wächter"].key == POLICE.verifier
    assert policy.accepts([POLICE.verifier])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "a policy has a quorum line"),
        ("quorum none\nquorum none", "line 2: the quorum is given already"),
        ("quorum police", "line 1: police is not defined above"),
        ("quorum none\r\n", "line 1: control characters"),
        ("log\nquorum none", "line 1: this is no complete line of a policy: log"),
        ("nonsense", "line 1: this is no complete line of a policy: nonsense"),
        (f"log {POLICE.verifier}", "line 1: this is not the key of a log"),
        (f"witness w {LOG.verifier}", "line 1: this is not the key of a witness"),
        (f"log x{LOG.verifier}", "line 1: the key's id is not"),
        (f"log {LOG.verifier}\nlog {LOG.verifier}", "line 2: this log's key is listed already"),
        (f"witness none {POLICE.verifier}", "line 1: none is taken"),
        (
            f"witness a {POLICE.verifier}\nwitness a {MAYOR.verifier}",
            "line 2: a is taken",
        ),
        (
            f"witness a {POLICE.verifier}\nwitness b {POLICE.verifier}",
            "line 2: this witness's key is listed already",
        ),
        ("group g all", "line 1: this is no complete line of a policy: group"),
        ("group g any w", "line 1: w is not defined above"),
        ("group g any none", "line 1: none is not defined above"),
        (f"witness a {POLICE.verifier}\ngroup g 0 a", "line 2: 0 of 1 is no threshold"),
        (f"witness a {POLICE.verifier}\ngroup g 2 a", "line 2: 2 of 1 is no threshold"),
        (f"witness a {POLICE.verifier}\ngroup g x a", "line 2: not a whole number"),
        (f"witness a {POLICE.verifier}\ngroup g any a a", "line 2: a is a member already"),
        (
            f"witness a {POLICE.verifier}\ngroup g any a\ngroup h any a",
            "line 3: a is a member already",
        ),
        ("#" * 70_000, "at most"),
    ],
)
def test_a_line_at_fault_is_named(text: str, reason: str) -> None:
    """With what is wrong about it."""
    with pytest.raises(MalformedPolicy, match=reason):
        parse_policy(text)
