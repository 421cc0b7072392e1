"""Words that tell an onlooker what a message is about. None may stand in one.

A message is read on a locked screen, over a shoulder, at a kitchen table, perhaps by the very
person from whom somebody is being kept safe. Who sees one of these words beside a name in an
inbox knows which work its reader does, and soon whom she does it for. So a message says that
something waits, never what. The list is wide on purpose: a message that has no need of a word loses
nothing by its refusal.
"""

import re
from typing import Final

_TELLING: Final = (
    # What was done to somebody.
    r"abus\w*|assault\w*|attack\w*|violen\w*|domestic\w*|sexual\w*|rape\w*|stalk\w*|harass\w*"
    r"|coerci\w*|threat\w*|honour|fgm|forced marriage|exploit\w*|traffick\w*|bull(?:y|ied|ying)"
    r"|injur\w*|harm(?:s|ed|ing|ful)?|hate crime\w*|neglect\w*",
    # Who somebody is in it.
    r"victim\w*|survivor\w*|perpetrator\w*|offend\w*|suspect\w*|accused|witness\w*|partner|ex-partner"
    r"|husband|wife|boyfriend|girlfriend|child|children\w*|bab(?:y|ies)|famil(?:y|ies)|clients?"
    r"|patients?|pupils?",
    # Who helps, and so with what: the name of a service is the name of a trouble.
    r"police\w*|refuges?|shelter\w*|marac|mash|mappa|drive|iris|id?s?va|idvas|idsvas|dash|dara|csu"
    r"|safeguard\w*|social (?:care|work\w*|services)|probation\w*|youth offending|prison\w*"
    r"|courts?|counsell\w*|therap\w*|mentor\w*|women'?s aid|rape crisis|helplines?|one stop shop",
    # What somebody lives with.
    r"risks?|high[- ]risk|crim\w*|arrest\w*|gangs?|knife|knives|weapon\w*|drugs?|alcohol\w*"
    r"|addict\w*|substance\w*|mental health|suicid\w*|pregnan\w*|homeless\w*|immigra\w*|asylum"
    r"|radicali\w*|extremis\w*|terroris\w*|non-molestation",
    # That it is about a person at all.
    r"referrals?|referred|cases?|dob|date of birth|nhs",
)
_FOUND: Final = re.compile(rf"\b(?:{'|'.join(_TELLING)})\b", re.IGNORECASE)


def telling_words(text: str) -> tuple[str, ...]:
    """The words of a text that tell what it is about, each once, in small letters."""
    return tuple(dict.fromkeys(each.group().casefold() for each in _FOUND.finditer(text)))
