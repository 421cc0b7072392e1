"""What a document may hold, field by field, and how a refusal is worded."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from services.intake.reading import UnreadableReferral, read_document
from tests.intake.documents import FULL, NOW, SMALL, later, problems, raw, read, with_, without

MARK = "Zebedee"


@pytest.mark.parametrize("document", [SMALL, FULL])
def test_document_that_follows_the_contract_is_read(document: dict[str, Any]) -> None:
    """The least and the fullest document are both read."""
    assert read(document).reference == "T-1"


@pytest.mark.parametrize("field", ["version", "reference", "made_at", "source", "role", "concerns"])
def test_required_field_is_missed(field: str) -> None:
    """A required field that is not there is named."""
    assert problems(without(field)) == {field: "is missing"}


@pytest.mark.parametrize("field", ["agency", "team", "route"])
def test_required_part_of_the_source_is_missed(field: str) -> None:
    """A required part of the source is named by its path."""
    assert problems(without(f"source.{field}")) == {f"source.{field}": "is missing"}


REFUSED: list[tuple[str, Any, str, str]] = [
    ("version", 2, "version", "1"),
    ("version", True, "version", "number 1"),
    ("version", "1", "version", "number 1"),
    ("reference", "", "reference", "is empty"),
    ("reference", "x" * 65, "reference", "longer than 64 characters"),
    ("reference", 7, "reference", "must be text"),
    ("source.agency", "Met Police", "source.agency", "a to z"),
    ("source.agency", "a", "source.agency", "2 to 40"),
    ("source.team", "police", "source.team", "must be police_csu"),
    ("source.referrer", [], "source.referrer", "must be an object"),
    ("source.referrer.name", "x" * 501, "source.referrer.name", "longer than 500 characters"),
    ("role", "suspect", "role", "victim, perpetrator"),
    ("concerns", [], "concerns", "at least one"),
    ("concerns", "noise", "concerns", "must be a list"),
    ("concerns", ["noise", "loud"], "concerns[1]", "must be"),
    ("person.given_name", " \u00a0\u2003", "person.given_name", "white space"),
    ("person.given_name", "a\nb", "person.given_name", "control character"),
    ("person.given_name", "a\u0085b", "person.given_name", "control character"),
    ("person.given_name", "a\ud800", "person.given_name", "surrogate"),
    ("person.famly_name", MARK, "person.famly_name", "is family_name meant?"),
    ("person.also_known_as", ["A", ""], "person.also_known_as[1]", "is empty"),
    ("person.age", 121, "person.age", "120 or less"),
    ("person.age", -1, "person.age", "0 or more"),
    ("person.age", "30", "person.age", "whole number"),
    ("person.age", 30.5, "person.age", "whole number"),
    ("person.age", True, "person.age", "whole number"),
    ("person.language", "eng", "person.language", "two-letter"),
    ("person.interpreter", "yes", "person.interpreter", "true or false"),
    ("person.address.postcode", "BR5", "person.address.postcode", "too short"),
    ("person.address.postcode", "B R 5 3", "person.address.postcode", "too short"),
    ("person.address.lines", ["x\ty"], "person.address.lines[0]", "control character"),
    ("person.borough", "Bromley", "person.borough", "a to z"),
    ("person.safe_contact.call", 1, "person.safe_contact.call", "true or false"),
    ("person.safe_contact.when", "a\nb", "person.safe_contact.when", "control character"),
    ("person.safe_contact.note", "a\rb", "person.safe_contact.note", "control character"),
    ("person.relationship", "family", "person.relationship", "not a field"),
    ("other_party.relationship", "ex", "other_party.relationship", "intimate_partner"),
    ("risk.score", 25, "risk.score", "24 or less"),
    ("risk.answers", {"25": "yes"}, "risk.answers.25", '"1" to "24"'),
    ("risk.answers", {"1": "maybe"}, "risk.answers.1", "yes, no or dont_know"),
    ("risk.answers", [], "risk.answers", "must be an object"),
    ("risk.police_callouts_12m", 10**30, "risk.police_callouts_12m", "too long a number"),
    ("risk.dvrim_scale", 0, "risk.dvrim_scale", "1 or more"),
    ("children", [{"age": 3}, {"age": 18}], "children[1].age", "17 or less"),
    ("offending.cohorts", ["gang"], "offending.cohorts[0]", "must be"),
    ("consent.override", {"rationale": "x"}, "consent.override.authorised_by_role", "missing"),
    ("narrative", "x" * 10_001, "narrative", "longer than 10,000 characters"),
    ("narrative", "a\u0007", "narrative", "control character"),
    ("narrative", "\t\n ", "narrative", "white space"),
    ("needs", None, "needs", "null"),
    ("needs", ["housing", None], "needs[1]", "null"),
]


@pytest.mark.parametrize(("path", "value", "field", "words"), REFUSED)
def test_fault_is_named_by_field_and_in_words(
    path: str, value: Any, field: str, words: str
) -> None:
    """One fault makes one problem, at the field's path, in plain words."""
    found = problems(with_(path, value))
    assert list(found) == [field]
    assert words in found[field]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("person.given_name", "x" * 500),
        ("person.address.postcode", " zz993vz "),
        ("person.safe_contact.note", "a\n\tb"),
        ("risk.rationale", "a\n\tb"),
        ("narrative", "x" * 10_000),
        ("narrative", ("x" * 99 + "\r\n") * 100),
        ("risk.score", 16.0),
        ("risk.answers", {"7": "yes"}),
        ("children", [{}]),
        ("needs", []),
    ],
)
def test_value_at_the_edge_is_read(path: str, value: Any) -> None:
    """What the contract allows to the last character is not refused."""
    assert problems(with_(path, value)) == {}


def test_carriage_return_line_feed_is_a_line_feed() -> None:
    """CR LF in a narrative is read as LF."""
    assert read(with_("narrative", "one\r\ntwo")).narrative == "one\ntwo"


MADE_AT_REFUSED = [
    "2026-11-16",
    "2026-11-16T22:40:00",
    "2026-11-16 22:40:00Z",
    "2026-11-16T22:40Z",
    "2026-02-30T22:40:00Z",
    "2026-11-16T24:40:00Z",
    "2026-11-16T22:40:00+24:00",
    "0001-01-01T00:00:00+01:00",
    "٢٠٢٦-11-16T22:40:00Z",
    "2026-11-16T22:40:00Z\n",
    1_700_000_000,
]


@pytest.mark.parametrize("moment", MADE_AT_REFUSED)
def test_made_at_needs_a_date_a_time_and_an_offset(moment: object) -> None:
    """Anything but an RFC 3339 moment that the calendar has is refused."""
    assert "with its offset" in problems(with_("made_at", moment))["made_at"]


@pytest.mark.parametrize("moment", ["2026-11-16t22:40:00z", "2026-11-16T23:40:00.123456789+01:00"])
def test_made_at_in_other_spellings(moment: str) -> None:
    """Small letters, fractions and any offset are read as the moment that they name."""
    made_at = read(with_("made_at", moment)).made_at.replace(microsecond=0)
    assert made_at == datetime(2026, 11, 16, 22, 40, tzinfo=UTC)


def test_made_at_may_be_five_minutes_ahead() -> None:
    """A sender's clock may run five minutes before ours, and no longer."""
    assert problems(with_("made_at", later(minutes=5))) == {}
    assert "5 minutes ahead" in problems(with_("made_at", later(minutes=5, seconds=1)))["made_at"]


@pytest.mark.parametrize(
    ("made_at", "born", "words"),
    [
        ("2026-11-16T12:00:00Z", "2026-11-16", None),
        ("2026-11-16T12:00:00Z", "2026-11-17", "after the day"),
        ("2026-07-16T23:30:00Z", "2026-07-17", None),  # in London it is half past midnight
        ("2026-11-16T12:00:00Z", "1906-11-16", None),
        ("2026-11-16T12:00:00Z", "1906-11-15", "120 years"),
        ("2020-02-29T12:00:00Z", "1900-03-01", None),
        ("2020-02-29T12:00:00Z", "1900-02-28", "120 years"),
        ("2026-11-16T12:00:00Z", "2026-02-29", "must be a date"),
        ("2026-11-16T12:00:00Z", "20260101", "must be a date"),
    ],
)
@pytest.mark.parametrize("who", ["person", "other_party"])
def test_date_of_birth_lies_within_120_years(
    who: str, made_at: str, born: str, words: str | None
) -> None:
    """A date of birth is judged on London's day of made_at, for both people."""
    found = problems(with_(f"{who}.date_of_birth", born, with_("made_at", made_at)))
    if words is None:
        assert found == {}
    else:
        assert words in found[f"{who}.date_of_birth"]


@pytest.mark.parametrize("born", ["1991-03-04", "long ago"])
def test_age_stands_instead_of_a_date_of_birth(born: str) -> None:
    """Age beside a date of birth is refused, even where that one is faulty itself."""
    found = problems(with_("person", {"date_of_birth": born, "age": 35}))
    assert "give one of them" in found["person.age"]


def test_score_is_the_number_of_yes() -> None:
    """Beside a score there are all 24 answers, and as many with yes."""
    answers = {str(n): "yes" for n in range(1, 25)}
    assert problems(with_("risk", {"score": 24, "answers": answers})) == {}
    assert (
        "another number"
        in problems(with_("risk", {"score": 23, "answers": answers}))["risk.answers"]
    )
    del answers["24"]
    assert "all 24" in problems(with_("risk", {"score": 23, "answers": answers}))["risk.answers"]


WHOLE: list[tuple[bytes, str]] = [
    (b"", "not JSON: see line 1, column 1"),
    (b"\xff{}", "not UTF-8 text: see byte 1"),
    (b"\xef\xbb\xbf{}", "not JSON"),
    (b"[1]", "must be an object"),
    (b"null", "must be an object"),
    (b"NaN", "not a number"),
    (b"[" * 60_000, "nested deeper than 16"),
    (b"1" * 5_000, "too long a number"),
    (b"{}" + b" " * 65_535, "larger than 64 KiB"),
    (b'{"a": "' + b"line\nbreak" + b'"}', "not JSON"),
]


@pytest.mark.parametrize(("content", "words"), WHOLE)
def test_fault_of_the_whole_document(content: bytes, words: str) -> None:
    """What is no referral at all is refused as a document, with no reference."""
    with pytest.raises(UnreadableReferral) as refusal:
        read_document(content, NOW)
    assert words in refusal.value.problems[0].problem
    assert refusal.value.problems[0].field == "document"
    assert refusal.value.reference is None


def test_largest_document_is_read() -> None:
    """64 KiB to the byte are not too much."""
    content = raw(SMALL)
    assert problems(content + b" " * (65_536 - len(content))) == {}


def test_repeated_key_is_named_where_it_stands() -> None:
    """A key given twice is refused at any depth, by its path."""
    content = raw(with_("person.age", 3)).replace(b'"age": 3', b'"age": 3, "age": 4')
    assert problems(content) == {"person.age": "is given twice"}


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity"])
def test_number_that_json_does_not_know(number: bytes) -> None:
    """NaN and the infinities are refused by field."""
    content = raw(with_("risk.score", 1)).replace(b'"score": 1', b'"score": ' + number)
    assert problems(content) == {"risk.score": "is not a number that JSON knows"}


def test_sixteen_levels_are_the_deepest() -> None:
    """Level 17 is refused as too deep, level 16 is not."""
    deep = b"[" * 15 + b"]" * 15  # the document itself is the first level
    assert problems(raw(SMALL)[:-1] + b', "x": ' + deep + b"}") == {"x": "is not a field here"}
    with pytest.raises(UnreadableReferral) as refusal:
        read_document(raw(SMALL)[:-1] + b', "x": [' + deep + b"]}", NOW)
    assert "is nested deeper than 16 levels" in {p.problem for p in refusal.value.problems}


def test_every_fault_is_named_at_once() -> None:
    """Faults of every kind, in every part, come in one answer."""
    document = with_("person", {"age": 3, "given_name": "", "nick": 1}, with_("version", 3))
    document["children"] = [{"age": "six"}, {"age": 18}]
    document["narrative"] = None
    del document["role"]
    assert set(problems(document)) == {
        "version", "role", "person.given_name", "person.nick",
        "children[0].age", "children[1].age", "narrative",
    }  # fmt: skip


def test_hundred_faults_are_named_and_the_rest_counted() -> None:
    """A document made of faults is answered in bounded size."""
    with pytest.raises(UnreadableReferral) as refusal:
        read(with_("children", [{"age": 99}] * 250))
    assert len(refusal.value.problems) == 101
    assert refusal.value.problems[-1].problem == "has 150 more faults"


@pytest.mark.parametrize(
    ("document", "reference"),
    [
        (with_("version", 2), "T-1"),
        (with_("reference", " "), None),
        (with_("reference", 5), None),
        (with_("reference", None), None),
        (without("reference"), None),
    ],
)
def test_reference_is_told_where_it_can_be_read(
    document: dict[str, Any], reference: str | None
) -> None:
    """A refusal carries the sender's number only where that one is good."""
    with pytest.raises(UnreadableReferral) as refusal:
        read(with_("role", "x", document))
    assert refusal.value.reference == reference


def test_reference_given_twice_is_nobodys() -> None:
    """Of two references neither is told."""
    with pytest.raises(UnreadableReferral) as refusal:
        read_document(b'{"reference": "A-1", "reference": "A-2"}', NOW)
    assert refusal.value.reference is None


def test_refusal_holds_no_value_of_the_document() -> None:
    """Whatever a field holds, no problem, text or chained exception repeats it."""
    for path, value, _, _ in REFUSED:
        marked = json.loads(json.dumps(with_(path, value)).replace("a\\", f"{MARK}\\"))
        with pytest.raises(UnreadableReferral) as refusal:
            read({**marked, "narrative": [MARK]})
        told = f"{refusal.value} {refusal.value!r} {refusal.value.problems}"
        assert MARK not in told
        assert refusal.value.__context__ is None


def test_unknown_name_is_told_to_its_sender_alone() -> None:
    """What somebody typed as a field's name is not in what may be published."""
    with pytest.raises(UnreadableReferral) as refusal:
        read(with_(f"person.{MARK}", 1))
    assert [p.field for p in refusal.value.problems] == [f"person.{MARK}"]
    assert [p.field for p in refusal.value.publishable] == ["person"]


@pytest.mark.parametrize("name", ["two words", "", "x" * 41, "a\u0000", "\ud800", "[key]", "Zoë"])
def test_name_that_is_no_name_is_not_repeated(name: str) -> None:
    """An unknown name that is not a plain one shows as a question mark."""
    assert problems(with_("person", {name: 1})) == {"person.?": "is not a field here"}


def test_referral_prints_nothing_of_itself() -> None:
    """A referral in a log line tells nobody's name."""
    assert repr(read(FULL)) == "Referral()"
    assert str(read(FULL)) == ""
