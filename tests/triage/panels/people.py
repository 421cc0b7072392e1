"""A small directory for the tests of panels. Nobody in it exists."""

from typing import Any, Final

from services.triage.directory.entries import Directory

OWNER: Final = "p-owner1"
STAND_IN: Final = "p-second"
MEMBER: Final = "p-member"
NIGHT: Final = "p-night1"
DAY: Final = "p-daily1"
CONTACT: Final = "p-contact"
OUTSIDER: Final = "p-elsewhere"

_DAYS: Final = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def directory(**owner: Any) -> Directory:
    """Bromley's: `OWNER` with her stand-in, the panels' team `MEMBER` with a contact, and two
    coordinators who share the day. `owner`: changes to the owner's entry."""
    everybody = [STAND_IN, MEMBER, NIGHT, DAY, CONTACT, OUTSIDER]
    people = [{"id": OWNER, "stand_in": STAND_IN, **owner}, *({"id": each} for each in everybody)]
    return Directory.model_validate(
        {
            "practitioners": [
                {"name": "Somebody", "email": f"{each['id']}@example.org", **each}
                for each in people
            ],
            "teams": [
                {"team": "idsva", "catalogue": "bromley", "members": [OWNER, STAND_IN]},
                *(
                    {
                        "team": team,
                        "catalogue": "bromley",
                        "members": [MEMBER],
                        "contact": CONTACT,
                    }
                    for team in ("marac_coordination", "perpetrator_panel", "iom")
                ),
                {"team": "marac_coordination", "catalogue": "barnet", "members": [OUTSIDER]},
            ],
            "duty": [
                {
                    "catalogue": "bromley",
                    "coordinators": [DAY, NIGHT],
                    "rota": [
                        {"days": _DAYS, "from": "08:00", "until": "20:00", "who": DAY},
                        {"days": _DAYS, "from": "20:00", "until": "08:00", "who": NIGHT},
                    ],
                },
            ],
        }
    )
