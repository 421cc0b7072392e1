"""Invented people for the tests of directory and allocation."""

from typing import Any

from services.triage.directory.entries import Directory, Practitioner

NINE_TO_FIVE = {"from": "09:00", "until": "17:00"}


def practitioner(id_: str, **entry: Any) -> Practitioner:
    """Somebody of whom the directory says no more than is given."""
    usual = {"id": id_, "name": "Nell Inskip", "email": "nell.inskip@example.org"}
    return Practitioner.model_validate(usual | entry)


def directory(*practitioners: Practitioner, **duty: Any) -> Directory:
    """Everybody in one team of Bromley, and its duty: `coordinators` and `rota`."""
    ids = [each.id for each in practitioners]
    return Directory.model_validate(
        {
            "practitioners": practitioners,
            "teams": [{"team": "idsva", "catalogue": "bromley", "members": ids}],
            "duty": [{"catalogue": "bromley", "coordinators": ids} | duty],
        }
    )
