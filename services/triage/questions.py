"""What the checker asks: one question for each fact that a rule looks at, in a referrer's words.

A fact that no rule of any catalogue looks at is not asked for. Nothing here asks who anybody is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args

from services.triage.policy.catalogue import Policy
from services.triage.policy.rules import Criterion, FactTest, parts
from services.triage.policy.vocabulary import SPEAKABLE
from services.triage.policy.wording import place_name, words
from shared import facts

Kind = Literal["choice", "list", "number", "yes_no", "district"]
Option = tuple[str, str]

NONE_OF_THESE: Final = "none"
"""The answer to a question for several that says there are none, which is not the same as no
answer."""
ELSEWHERE: Final = "another-borough"
YES_NO: Final[tuple[Option, ...]] = (("yes", "Yes"), ("no", "No"))

_SAID: Final[dict[str, str]] = {
    "barnardos_dvrim": "Barnardo's risk matrix",
    "dara": "DARA",
    "dash": "DASH checklist",
    "deputy": "A deputy",
    "given": "Yes, consent is given",
    "not_possible": "Could not be asked",
    "not_sought": "Not asked yet",
    "parental_responsibility": "Somebody with parental responsibility",
    "person": "The person",
    "refused": "No, consent is refused",
    "self": "Nobody: the person asks for help herself or himself",
    "young_person_dash": "Young person's DASH checklist",
}
_ROLES: Final[tuple[Option, ...]] = (
    ("victim", "Victim or survivor, of abuse or another crime"),
    ("perpetrator", "Perpetrator: somebody who abuses a partner or family"),
    ("child", "Child"),
    ("young_person", "Young person at risk of offending"),
    ("offender", "Somebody who has offended, or may"),
    ("harmed_person", "Somebody harmed by an offence"),
    ("resident", "Resident troubled by noise, rubbish or behaviour"),
)
_LANGUAGES: Final[tuple[Option, ...]] = (
    ("en", "English"),
    ("ar", "Arabic"),
    ("bn", "Bengali"),
    ("zh", "Chinese"),
    ("fr", "French"),
    ("gu", "Gujarati"),
    ("hi", "Hindi"),
    ("it", "Italian"),
    ("ja", "Japanese"),
    ("ku", "Kurdish"),
    ("pl", "Polish"),
    ("pt", "Portuguese"),
    ("pa", "Punjabi"),
    ("ro", "Romanian"),
    ("so", "Somali"),
    ("es", "Spanish"),
    ("ta", "Tamil"),
    ("tr", "Turkish"),
    ("uk", "Ukrainian"),
    ("ur", "Urdu"),
    ("cy", "Welsh"),
    ("other", "Another language"),
)


def id_of(field: str) -> str:
    """A field's id on the page."""
    return field.replace(".", "-")


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `field`: the fact's path in the referral document.

    `lowest`, `highest`: of a number. `needed`: what is said where a needed answer is missing.
    """

    field: str
    text: str
    kind: Kind
    options: tuple[Option, ...] = ()
    hint: str = ""
    lowest: int = 0
    highest: int = 0
    needed: str = ""

    @property
    def id(self) -> str:
        """Its id on the page."""
        return id_of(self.field)

    def say(self, value: str) -> str:
        """An answer in words."""
        return dict(self.options).get(value, value)


@dataclass(frozen=True, slots=True)
class Section:
    """Questions that belong together; those that few referrals need are folded away."""

    title: str
    questions: tuple[Question, ...]
    folded: bool = False


def _options(kind: Any, labels: dict[str, str] = _SAID) -> tuple[Option, ...]:
    """The values of a fact's type, each in words that begin with a capital."""
    return tuple((code, labels.get(code) or _capital(words(code))) for code in get_args(kind))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _by_name(option: Option) -> tuple[bool, str]:
    """In alphabetical order, with "other" at the end."""
    return option[0] == "other", option[1].lower()


def _choice(field: str, text: str, kind: Any, hint: str = "") -> Question:
    return Question(field, text, "choice", _options(kind), hint)


def _list(field: str, text: str, kind: Any, hint: str = "", needed: str = "") -> Question:
    none = () if needed else ((NONE_OF_THESE, "None of these"),)
    return Question(field, text, "list", (*_options(kind), *none), hint, needed=needed)


def _number(field: str, text: str, highest: int, hint: str = "", lowest: int = 0) -> Question:
    return Question(field, text, "number", hint=hint, lowest=lowest, highest=highest)


def _yes_no(field: str, text: str, hint: str = "") -> Question:
    return Question(field, text, "yes_no", YES_NO, hint)


REPEAT: Final = _yes_no(
    "repeat_of_marac",
    "In the last 12 months, was there a MARAC referral about the same two people?",
)
CHILDREN: Final = _number(
    "children", "How many children under 18 are in the family?", 20, "Write 0 if there are none."
)

_SECTIONS: Final[tuple[Section, ...]] = (
    Section(
        "The person and who refers",
        (
            Question(
                "role",
                "Who would you refer?",
                "choice",
                _ROLES,
                needed="Choose whom you would refer",
            ),
            Question(
                "source.team",
                "Which team do you refer from?",
                "choice",
                tuple(sorted(_options(facts.Team), key=_by_name)),
                needed="Choose the team that you refer from",
            ),
            _number("age", "How old is the person?", 120, "In whole years."),
            _choice("person.gender", "Gender", facts.Gender),
            Question("person.borough", "Which borough does the person live in?", "choice"),
            Question(
                "district",
                "First part of the postcode",
                "district",
                hint="Such as BR5. Not the whole postcode.",
            ),
        ),
    ),
    Section(
        "What is wrong",
        (
            _list(
                "concerns",
                "What are you worried about?",
                facts.Concern,
                "Choose all that apply.",
                needed="Choose at least one thing that you are worried about",
            ),
            _choice(
                "other_party.relationship",
                "What is the other person to the person referred?",
                facts.Relationship,
                "The one who does the harm, or who is harmed.",
            ),
        ),
    ),
    Section(
        "Risk",
        (
            _number(
                "risk.score",
                "DASH score",
                24,
                "How many of the 24 questions were answered yes. Leave it empty if the checklist"
                " was not completed.",
            ),
            _choice("risk.level", "How do you grade the risk?", facts.RiskGrade),
            _yes_no(
                "risk.professional_judgement_high",
                "Is the risk high by your professional judgement, whatever the score?",
            ),
            _number(
                "risk.police_callouts_12m",
                "How often were the police called in the last 12 months?",
                999,
                "Write 0 if they were not.",
            ),
            REPEAT,
        ),
    ),
    Section(
        "Consent and safe contact",
        (
            _choice("consent.status", "Does the person agree to be referred?", facts.ConsentStatus),
            _choice(
                "consent.given_by",
                "Who gave consent?",
                facts.ConsentGivenBy,
                "Needed for somebody under 16. Never a parent who does the harm.",
            ),
            _yes_no(
                "consent.override",
                "Has somebody in charge authorised sharing without consent, with the reason in"
                " writing?",
            ),
            _yes_no("a_channel_is_safe", "Is there a safe way to reach the person?"),
        ),
    ),
    Section(
        "Needs, wishes and circumstances",
        (
            _list("needs", "What does the person need help with?", facts.Need),
            _list("wants", "What does the person want?", facts.Want),
            _list("circumstances", "Circumstances", facts.Circumstance),
            Question("person.language", "Language", "choice", _LANGUAGES),
            _yes_no("person.interpreter", "Is an interpreter needed?"),
            Question("person.educated_in", "In which borough is the school or college?", "choice"),
        ),
        folded=True,
    ),
    Section(
        "Home and children",
        (
            CHILDREN,
            _yes_no("lives_with_perpetrator", "Does the person live with whoever does the harm?"),
            _yes_no(
                "perpetrator_right_of_entry",
                "Has whoever does the harm a right to enter the home?",
            ),
            _number(
                "risk.dvrim_scale",
                "Barnardo's risk matrix for children: which scale?",
                4,
                "1 to 4.",
                lowest=1,
            ),
            _choice("risk.tool", "Which risk tool was used?", facts.RiskTool),
        ),
        folded=True,
    ),
    Section(
        "Crimes and offending",
        (
            _list("crime_types", "Which crimes are alleged?", facts.CrimeType),
            _yes_no(
                "offending.admits_responsibility",
                "Does whoever did the harm admit responsibility?",
            ),
            _yes_no("other_party_consents", "Does the other person agree to take part?"),
            _yes_no("offending.serial", "Has the perpetrator harmed more than one partner?"),
            _yes_no("offending.coercive_control", "Is there coercive control?"),
            _yes_no("offending.first_offence", "Is it a first offence?"),
            _yes_no("offending.statutory", "Is the person under statutory supervision?"),
            _yes_no("offending.arrested", "Was the person arrested?"),
            _yes_no("offending.at_risk_of_arrest", "Is the person at risk of arrest?"),
            _list("offending.cohorts", "Is the person in one of these cohorts?", facts.Cohort),
        ),
        folded=True,
    ),
)

# What the measure of risk looks at, whatever the rules name.
_RISK = frozenset(
    {
        "risk.score",
        "risk.level",
        "risk.professional_judgement_high",
        "risk.police_callouts_12m",
    }
)


def sections_for(policies: Sequence[Policy]) -> tuple[Section, ...]:
    """The questions whose answers some rule of the policies looks at."""
    used = _RISK | {fact for policy in policies for fact in _looked_at(policy)}
    boroughs = dict.fromkeys(policy.name for policy in policies)
    places = (*((name, place_name(name)) for name in boroughs), (ELSEWHERE, "Another borough"))
    kept = []
    for section in _SECTIONS:
        questions = tuple(
            replace(each, options=places) if each.kind == "choice" and not each.options else each
            for each in section.questions
            if each.field in used or each.field not in SPEAKABLE
        )
        kept.append(replace(section, questions=questions))
    return tuple(kept)


def _looked_at(policy: Policy) -> Iterator[str]:
    for row in policy.pathways:
        yield from _facts(row.criteria, policy)
        yield from _facts((block.when for block in row.blocks), policy)
    yield from _facts((task.when for task in policy.standing_tasks), policy)


def _facts(criteria: Iterable[Criterion], policy: Policy) -> Iterator[str]:
    for criterion in criteria:
        clause = criterion
        while isinstance(clause, str):
            clause = policy.criteria[clause]
        if isinstance(clause, FactTest):
            yield clause.fact
        yield from _facts(parts(clause), policy)
