"""A catalogue in words, and what differs between two."""

from services.triage.policy.explain import (
    PathwayInWords,
    assumptions,
    differences,
    glossary,
    pathways_in_words,
)
from tests.triage.cases import library

OLD, NEW = (each.policy for each in library().versions("bromley")[:2])
BARNET = library().versions("barnet")[0].policy


def _row(pathway: str) -> PathwayInWords:
    return next(row for row in pathways_in_words(NEW) if row.id == pathway)


def test_a_row_is_told_by_its_criteria() -> None:
    """In phrases, with what is assumed and what should be confirmed."""
    row = _row("idsva_young_person")

    assert [rule.text for rule in row.rules] == [
        "role: victim",
        "Domestic abuse and violence against women and girls, whatever the victim's gender",
        "age: 13 to 24",
        "lives in Bromley",
        "High or medium risk, a checklist that was not completed, or any MARAC trigger",
        "Lawful to share, by consent or because safeguarding requires it",
    ]
    assert row.rules[2].assumed == ("The paper says young victims. Confirm 13 to 24.",)
    assert (row.kind, row.group, row.place) == ("lead", "idsva", 4)


def test_a_block_is_told_with_its_reason() -> None:
    """And with its source."""
    (block,) = _row("restorative_justice").blocks

    assert block.text.startswith("closed where Harm by a partner or within the family: ")
    assert block.source == "restorative, Domestic abuse"


def test_what_is_assumed_outside_the_rows_is_listed() -> None:
    """For the partnership to confirm."""
    parts = [name for name, _ in assumptions(NEW)]

    assert "districts" in parts
    assert "response times" in parts
    assert "risk" not in parts
    assert "the policy" in [name for name, _ in assumptions(OLD)]


def test_every_rule_of_every_catalogue_has_words_and_a_source() -> None:
    """Nothing is left as code."""
    for policy in (OLD, NEW, BARNET):
        for row in pathways_in_words(policy):
            assert row.rules
            assert all(rule.text and rule.source for rule in (*row.rules, *row.blocks))


def test_differences_name_rows_and_rules() -> None:
    """A rule that came, a row that is new, a date that went; what is alike is not told."""
    changes = {change.what: change for change in differences(OLD, NEW)}

    assert changes["pathway idsva_community_safety_unit"].gone == ()
    assert changes["pathway idsva_community_safety_unit"].new == (
        "High or medium risk, a checklist that was not completed, or any MARAC trigger",
    )
    assert changes["pathway drive"].gone == ("from 1 October 2021",)
    assert changes["pathway drive"].new == ("funded until 31 March 2023",)
    assert changes["pathway safebeds"].gone == ()
    assert len(changes["pathway safebeds"].new) == 8
    assert "pathway mentoring" not in changes
    assert differences(NEW, NEW) == ()


def test_a_changed_definition_and_a_changed_measure_are_told() -> None:
    """Though no row names other criteria than before."""
    fewer = NEW.marac.model_copy(update={"callouts": 4})
    rows = [
        row.model_copy(update={"capacity": row.capacity.model_copy(update={"places": 40})})
        if row.id == "refuge" and row.capacity
        else row
        for row in NEW.pathways
    ]
    wider = NEW.criteria | {"high_risk": NEW.criteria["standard_or_medium_risk"]}
    changed = NEW.model_copy(update={"marac": fewer, "criteria": wider, "pathways": rows})

    changes = {change.what: (change.gone, change.new) for change in differences(NEW, changed)}

    assert changes["marac"] == (("callouts: 3",), ("callouts: 4",))
    assert changes["pathway refuge"] == (("capacity places: 37",), ("capacity places: 40",))
    assert changes["criterion high_risk"] == (
        ("risk level: high",),
        ("risk level: any of standard, medium",),
    )


def test_a_change_of_grounds_alone_is_told_apart() -> None:
    """Another source, or a note that the partnership has confirmed, changes no rule."""
    changes = {change.what: change for change in differences(OLD, NEW)}

    marac = changes["pathway marac"]
    assert (marac.gone, marac.new) == ((), ())
    assert marac.grounds_gone == ("source: 001, Minute 94: the MARAC and its self-assessment",)
    assert marac.grounds_new == ("source: 002, 4. Protect High Risk Victims: MARAC",)
    assert changes["the policy"].grounds_gone == (
        "to confirm: The papers fund the programmes from 2017 to 2021."
        " Confirm 1 April 2017 as the first day.",
    )


def test_a_change_tells_whether_its_place_is_new_and_on_what_it_bears() -> None:
    """Also through a criterion that another one names."""
    safer = NEW.criteria | {"high_risk": NEW.criteria["standard_or_medium_risk"]}
    changed = NEW.model_copy(update={"criteria": safer, "pathways": NEW.pathways[1:]})

    changes = {change.what: change for change in differences(NEW, changed)}

    assert changes["pathway marac"].turn == "removed"
    assert changes["criterion high_risk"].turn == "changed"
    assert changes["criterion high_risk"].bears_on == ("childrens_mash", "drive", "community_marac")


def test_the_glossary_tells_a_definition_in_full() -> None:
    """What it means, and how it is told."""
    text = glossary(BARNET)["aged_16_or_presumed"]

    assert text.startswith("16 or over; a victim of unknown age counts")
    assert "age: 16 or over (missing: presumed, unless A team or a tool for children" in text
