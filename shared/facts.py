"""What is known of a referral without saying who anybody is.

Intake derives `Facts` from a document; triage decides on them; events carry them. A fact that is
missing is `None` and stays missing: it is never given a default. An empty tuple says "none".
Every field's alias is its path in the referral document, the name by which a rule, an explanation
and a question to the sender speak of it. A fact stands here only if a rule or a report uses it.
"""

from datetime import date
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Role = Literal[
    "victim", "perpetrator", "child", "young_person", "offender", "harmed_person", "resident"
]
Team = Literal[
    "police_csu",
    "police_response",
    "police_other",
    "probation",
    "marac",
    "mash",
    "childrens_social_care",
    "children_early_intervention",
    "leaving_care",
    "children_looked_after",
    "childrens_project",
    "youth_offending_service",
    "youth_support_programme",
    "school",
    "college",
    "adult_social_care",
    "adult_early_intervention",
    "substance_misuse",
    "mental_health",
    "hospital",
    "maternity",
    "gp",
    "pharmacy",
    "housing",
    "asb_unit",
    "court",
    "fire_service",
    "job_centre",
    "one_stop_shop",
    "voluntary_organisation",
    "self",
    "other",
]
Route = Literal["system", "form", "phone", "email", "drop_in"]
Gender = Literal["female", "male", "other"]
Relationship = Literal["intimate_partner", "former_partner", "family", "other"]
Concern = Literal[
    "domestic_abuse",
    "sexual_violence",
    "stalking",
    "forced_marriage",
    "honour_based_abuse",
    "fgm",
    "sexual_exploitation",
    "trafficking",
    "serious_youth_violence",
    "gang_involvement",
    "anti_social_behaviour",
    "low_level_offending",
    "hate_crime",
    "radicalisation",
    "burglary",
    "acquisitive_crime",
    "alcohol_related_offending",
    "noise",
    "envirocrime",
    "fly_tipping",
    "fire_setting",
    "neighbour_dispute",
    "at_risk_of_offending",
    "other",
]
CrimeType = Literal[
    "common_assault",
    "abh",
    "gbh",
    "harassment",
    "stalking",
    "coercive_control",
    "criminal_damage",
    "threats_to_kill",
    "sexual_assault",
    "rape",
    "breach_of_order",
    "burglary",
    "robbery",
    "theft",
    "public_order",
    "other",
]
RiskTool = Literal["dash", "dara", "young_person_dash", "barnardos_dvrim", "none"]
RiskGrade = Literal["standard", "medium", "high"]
Need = Literal[
    "housing",
    "legal_advice",
    "immigration",
    "nrpf",
    "substance_misuse",
    "mental_health",
    "learning_disability",
    "physical_disability",
    "care_and_support",
    "pregnancy",
    "interpreter",
    "finance",
    "employment",
]
Circumstance = Literal[
    "poor_housing",
    "deprived_neighbourhood",
    "financial_hardship",
    "low_school_attainment",
    "poor_school_attendance",
    "bullying",
    "behaviour_or_anger",
    "school_exclusion",
    "learning_difficulty",
    "family_violence",
    "family_substance_misuse",
    "condoning_crime",
    "local_authority_care",
    "self_harm",
    "low_self_esteem",
    "neet",
    "at_risk_of_neet",
    "yos_triage",
    "gang_involvement",
    "witnessed_abuse_of_female_carer",
    "court_case",
    "not_accessing_support",
    "is_father",
    "carer",
]
Want = Literal[
    "safe_accommodation",
    "stay_in_home",
    "drop_in",
    "support_group",
    "counselling",
    "restorative_meeting",
    "legal_order",
]
Cohort = Literal[
    "prolific_priority_offender",
    "persistent_offender",
    "high_volume",
    "burglary",
    "gang_member",
    "domestic_abuse",
]
ConsentStatus = Literal["given", "refused", "not_sought", "not_possible"]
ConsentGivenBy = Literal["person", "parental_responsibility", "deputy"]


class Frozen(BaseModel):
    """A value that is read as written: no unknown field, no change, `None` means missing."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Child(Frozen):
    """A child of the household; `age` in whole years, 0 to 17."""

    age: int | None = Field(default=None, ge=0, le=17)
    lives_in_household: bool | None = None


class Facts(Frozen):
    """The facts of one referral at one revision."""

    made_at: AwareDatetime
    agency: str = Field(alias="source.agency")
    team: Team = Field(alias="source.team")
    route: Route = Field(alias="source.route")
    role: Role
    concerns: tuple[Concern, ...]
    crime_types: tuple[CrimeType, ...] | None = None

    age: int | None = Field(
        default=None, ge=0, le=120, description="years on London's day of made_at"
    )
    gender: Gender | None = Field(default=None, alias="person.gender")
    language: str | None = Field(default=None, alias="person.language")
    interpreter: bool | None = Field(default=None, alias="person.interpreter")
    borough: str | None = Field(default=None, alias="person.borough")
    educated_in: str | None = Field(default=None, alias="person.educated_in")
    district: str | None = Field(
        default=None, description="outward postcode, such as BR5; ZZ99 none"
    )
    a_channel_is_safe: bool | None = Field(
        default=None,
        description="whether any channel of person.safe_contact is marked safe; missing: not said",
    )

    relationship: Relationship | None = Field(default=None, alias="other_party.relationship")
    lives_with_perpetrator: bool | None = None
    perpetrator_right_of_entry: bool | None = None
    other_party_consents: bool | None = None

    risk_tool: RiskTool | None = Field(default=None, alias="risk.tool")
    risk_score: int | None = Field(default=None, ge=0, le=24, alias="risk.score")
    risk_answers_incomplete: bool | None = Field(
        default=None,
        alias="risk.answers_incomplete",
        description="true where some, but not all, of the 24 answers came and no score stands",
    )
    risk_graded: RiskGrade | None = Field(default=None, alias="risk.level")
    professional_judgement_high: bool | None = Field(
        default=None, alias="risk.professional_judgement_high"
    )
    police_callouts_12m: int | None = Field(default=None, ge=0, alias="risk.police_callouts_12m")
    dvrim_scale: int | None = Field(default=None, ge=1, le=4, alias="risk.dvrim_scale")

    needs: tuple[Need, ...] | None = None
    circumstances: tuple[Circumstance, ...] | None = None
    wants: tuple[Want, ...] | None = None
    children: tuple[Child, ...] | None = None

    admits_responsibility: bool | None = Field(
        default=None, alias="offending.admits_responsibility"
    )
    serial: bool | None = Field(default=None, alias="offending.serial")
    coercive_control: bool | None = Field(default=None, alias="offending.coercive_control")
    first_offence: bool | None = Field(default=None, alias="offending.first_offence")
    statutory: bool | None = Field(default=None, alias="offending.statutory")
    arrested: bool | None = Field(default=None, alias="offending.arrested")
    at_risk_of_arrest: bool | None = Field(default=None, alias="offending.at_risk_of_arrest")
    cohorts: tuple[Cohort, ...] | None = Field(default=None, alias="offending.cohorts")

    consent_status: ConsentStatus | None = Field(default=None, alias="consent.status")
    consent_given_by: ConsentGivenBy | None = Field(default=None, alias="consent.given_by")
    consent_override: bool | None = Field(
        default=None,
        alias="consent.override",
        description="true: an override with rationale and authorising role is in the vault",
    )

    linked_referrals: tuple[UUID, ...] | None = None

    @cached_property
    def by_path(self) -> dict[str, Any]:
        """The known facts by their path in the document; a missing one has no key."""
        return {
            field.alias or name: value
            for name, field in type(self).model_fields.items()
            if (value := getattr(self, name)) is not None
        }


class History(Frozen):
    """What intake remembers of the same people.

    `marac_on`: London's day of the latest earlier MARAC referral of the same victim and alleged
    perpetrator. `pair_known`: whether both of them are named, so that a repeat could be seen.
    `cross_allegation`: the same two with the roles reversed in the last 24 months.
    """

    marac_on: date | None = None
    pair_known: bool = False
    cross_allegation: bool = False


FACT_PATHS: frozenset[str] = frozenset(
    field.alias or name for name, field in Facts.model_fields.items()
)
