"""A partnership with room for everybody: what is measured is the way, and not the waiting lists.

The sample practitioners and policies, with every limit of theirs lifted: cases a year and at one
time, hours and leave, places of programmes. Otherwise thousands of referrals would soon wait for
the places of a borough, and most of a run would be of the one step that ends there.
"""

from pathlib import Path
from typing import Any

import yaml

from deploy.local.home import ROOT
from deploy.local.system import DIRECTORY

CATALOGUES = ROOT / "services" / "triage" / "catalogues"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
AT_ANY_HOUR = {day: {"from": "00:00", "until": "00:00"} for day in DAYS}


def write(folder: Path) -> dict[str, str]:
    """Write both into a folder; what triage is told, so that it reads them."""
    directory = folder / "directory.yaml"
    directory.write_text(_written(_everybody_free(yaml.safe_load(DIRECTORY.read_text()))))
    catalogues = folder / "catalogues"
    catalogues.mkdir()
    for file in CATALOGUES.glob("*.yaml"):
        places = _places_for_all(yaml.safe_load(file.read_text()))
        (catalogues / file.name).write_text(_written(places))
    return {"DIRECTORY_FILE": str(directory), "CATALOGUES_DIR": str(catalogues)}


def _everybody_free(directory: dict[str, Any]) -> dict[str, Any]:
    for each in directory["practitioners"]:
        each.pop("max_caseload", None)
        each.pop("leave", None)
        each |= {"capacity": 1_000_000, "hours": AT_ANY_HOUR}
    return directory


def _places_for_all(policy: dict[str, Any]) -> dict[str, Any]:
    for pathway in policy["pathways"]:
        pathway.pop("capacity", None)
    return policy


def _written(tree: dict[str, Any]) -> str:
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, default_flow_style=False)
