"""A small directory, as YAML says it and as a spreadsheet does. All people are invented."""

from collections.abc import Mapping
from pathlib import Path

YAML = """\
practitioners:
  - {id: p-anna, name: Anna Keld, email: anna.keld@example.org, phone: 07700 900301, job: IDSVA,
     capacity: 60, max_caseload: 25, languages: [en, pl], stand_in: p-beaa,
     hours: {monday: {from: 09:00, until: 17:00}, tuesday: {from: "22:00", until: "06:00"}},
     leave: [{from: 2026-12-21, until: 2027-01-02}, {from: 2027-02-01, until: 2027-02-01}],
     on_site: {leaving_care: [monday, tuesday], mash: [wednesday]},
     prefers: sms, quiet: {from: 20:30, until: "08:00"}}
  - {id: p-beaa, name: Bea Arkell, email: bea.arkell@example.org, phone: "+44 7700 900302"}
  - {id: p-cora, name: Cora Nunn, email: cora.nunn@example.org}
teams:
  - {team: idsva, catalogue: bromley, lead: p-anna, members: [p-anna, p-beaa], contact: p-cora}
  - {team: outreach, catalogue: bromley, members: [p-beaa]}
duty:
  - catalogue: bromley
    coordinators: [p-cora, p-beaa]
    rota:
      - {days: [monday, tuesday, friday], from: 08:00, until: 20:00, who: p-cora}
      - {days: [saturday, sunday], from: "20:00", until: "08:00", who: p-beaa}
"""

PRACTITIONERS = """\
id,name,email,phone,job,capacity,max_caseload,languages,hours,leave,on_site,stand_in,\
prefers,quiet
p-anna,Anna Keld,anna.keld@example.org,07700 900301,IDSVA,60,25,en; pl,\
mon 09:00-17:00; tue 22:00-06:00,2026-12-21..2027-01-02; 2027-02-01,\
"leaving_care mon,tue; mash wed",p-beaa,sms,20:30-8:00
p-beaa,Bea Arkell,bea.arkell@example.org,+44 7700 900302,,,,,,,,,,
p-cora,Cora Nunn,cora.nunn@example.org,,,,,,,,,,,
"""
TEAMS = """\
team,catalogue,members,lead,contact
idsva,bromley,p-anna; p-beaa,p-anna,p-cora
outreach,bromley,p-beaa,,
"""
DUTY = """\
catalogue,coordinators
bromley,p-cora; p-beaa
"""
ROTA = """\
catalogue,when,who
bromley,"mon-tue,fri 8:00-20:00",p-cora
bromley,sat-sun 20:00-08:00,p-beaa
"""
CSV = {"practitioners": PRACTITIONERS, "teams": TEAMS, "duty": DUTY, "rota": ROTA}


def in_yaml(folder: Path, content: str = YAML) -> list[Path]:
    """The directory's one file."""
    path = folder / "directory.yaml"
    path.write_text(content)
    return [path]


def in_csv(
    folder: Path, changed: Mapping[str, str] | None = None, encoding: str = "utf-8"
) -> list[Path]:
    """The directory's tables, some of them others."""
    paths = []
    for name, content in (CSV | dict(changed or {})).items():
        paths.append(folder / f"{name}.csv")
        paths[-1].write_bytes(content.encode(encoding))
    return paths
