"""What each thing that two records show is worth: the one table, with its reasons.

A weight is the logarithm to base 2 of how much more often the thing is seen between two records of
one person than between records of two people, after Fellegi and Sunter (A Theory for Record
Linkage, 1969): +6 means 64 times as often. They are estimated, not trained, since there is no
labelled set of real people to train on; docs/matching.md says on what they were tried.
"""

from enum import Enum
from typing import Final


class Seen(Enum):
    """One thing seen between two records: the field, in words, its weight, and why that much."""

    def __init__(self, field: str, words: str, weight: float, why: str) -> None:
        self.field = field
        self.words = words
        self.weight = weight
        self.why = why

    GIVEN_EQUAL = ("given name", "the same", 9, "one in 500 shares a name that is not common")
    GIVEN_EQUAL_COMMON = (
        "given name",
        "the same, and a common one",
        6,
        "one in 60 shares a common name",
    )
    GIVEN_SPELLED = (
        "given name",
        "two spellings of one name",
        6,
        "names from other scripts are written down by ear",
    )
    GIVEN_SHORT = (
        "given name",
        "a short form of the other",
        6,
        "hardly a family calls one child Elizabeth and another Liz",
    )
    GIVEN_PERHAPS_SHORT = (
        "given name",
        "perhaps forms of one name",
        4,
        "Beth may be Elizabeth or Bethany, and Jack is a name of his own",
    )
    GIVEN_ONE_OF = (
        "given name",
        "one of the other's given names",
        6,
        "a middle name is often left out",
    )
    GIVEN_SHARED_BY_MANY = (
        "given name",
        "share a name that several children of a family may bear",
        3,
        "brothers may all be Mohammed before the name that each is called by",
    )
    GIVEN_SLIP = (
        "given name",
        "a slip of the pen apart",
        4,
        "a slip in one of fifty; but twins may be Jaden and Kaden",
    )
    GIVEN_SOUNDS = ("given name", "sound alike", 2, "heard on the telephone")
    GIVEN_INITIAL = ("given name", "an initial that fits", 1, "one in ten fits by chance")
    GIVEN_OTHER = ("given name", "another", -7, "given names are seldom changed; children differ")
    GIVEN_UNKNOWN = ("given name", "not known of both", 0, "says nothing")

    FAMILY_EQUAL = ("family name", "the same", 9, "one in 500 or fewer shares it")
    FAMILY_EQUAL_COMMON = (
        "family name",
        "the same, and a common one",
        6,
        "one in 60 of a community shares it",
    )
    FAMILY_FORM = (
        "family name",
        "two forms of one name",
        6,
        "spellings, particles, and the endings that go by gender",
    )
    FAMILY_PART = (
        "family name",
        "one of the other's two family names",
        6,
        "double names are shortened, and doubled by marriage",
    )
    FAMILY_SLIP = ("family name", "a slip of the pen apart", 4, "a slip in one of fifty")
    FAMILY_SOUNDS = ("family name", "sound alike", 2, "heard on the telephone")
    FAMILY_OTHER_WOMAN = (
        "family name",
        "another, of a woman",
        -5,
        "many women take another name when they marry or part",
    )
    FAMILY_OTHER = ("family name", "another", -7, "seldom changed by men")
    FAMILY_UNKNOWN = ("family name", "not known of both", 0, "says nothing")

    EXCHANGED = (
        "both names",
        "given and family name exchanged",
        -1,
        "forms filled by people whose family name stands first",
    )
    ALIAS = (
        "both names",
        "by another name that one of them uses",
        -1,
        "a name that is used at times; some give a brother's",
    )

    BORN_EQUAL = ("date of birth", "the same", 13, "one in 20,000 shares it; one in 8,000 by slips")
    BORN_EQUAL_NEW_YEAR = (
        "date of birth",
        "the same 1 January",
        8,
        "written down for all whose day is not known",
    )
    BORN_SWAPPED = (
        "date of birth",
        "the same with day and month exchanged",
        8,
        "month first, as some countries write it",
    )
    BORN_SLIP = (
        "date of birth",
        "one digit, or two beside each other, apart",
        6,
        "dozens of dates lie one digit away",
    )
    BORN_YEAR = ("date of birth", "an age that fits", 2, "one in 20 fits, give or take a year")
    BORN_NEAR = ("date of birth", "ages some years apart", -2, "an age is often a guess")
    BORN_OTHER = ("date of birth", "another", -10, "corrected seldom, and then by a digit")
    BORN_UNKNOWN = ("date of birth", "not known of both", 0, "says nothing")

    GENDER_EQUAL = ("gender", "the same", 1, "half of all share it")
    GENDER_OTHER = ("gender", "another", -5, "recorded wrongly, or changed, for few")
    GENDER_UNKNOWN = ("gender", "not known of both", 0, "says nothing")

    POSTCODE_EQUAL = (
        "postcode",
        "the same",
        6,
        "some forty people share it, and they are often one family",
    )
    POSTCODE_DISTRICT = ("postcode", "the same district", 2, "one in a dozen of a borough")
    POSTCODE_OTHER = ("postcode", "in another district", -1, "people flee and move")
    POSTCODE_UNKNOWN = ("postcode", "not known of both", 0, "says nothing")

    PHONE_EQUAL = ("telephone", "the same", 7, "one's own, or a household's")
    PHONE_OTHER = ("telephone", "another", -1, "numbers are changed, above all by who is followed")
    PHONE_UNKNOWN = ("telephone", "not known of both", 0, "says nothing")

    EMAIL_EQUAL = ("email", "the same", 9, "seldom shared but by a child and a parent")
    EMAIL_OTHER = ("email", "another", -0.5, "many people have two")
    EMAIL_UNKNOWN = ("email", "not known of both", 0, "says nothing")

    NUMBER_EQUAL = (
        "NHS or PNC number",
        "the same",
        20,
        "one person's own; its check character is right",
    )
    NUMBER_OTHER = ("NHS or PNC number", "another", -20, "nobody has two NHS numbers for long")
    NUMBER_UNKNOWN = ("NHS or PNC number", "not known of both", 0, "says nothing")

    CASE_EQUAL = ("case number", "the same", 4, "often a whole household's")


SAME_FROM: Final = 24.0
"""From here it is the same person, unless a doubt stands: sixteen million to one before what is
known of how many there are, so some hundred to one among 100,000 people."""

LOOK_FROM: Final = 15.0
"""From here a person must look: about as likely as not among 30,000 people."""
