"""Policies to read and facts to try, on a running triage that reaches no database at all."""

import html
import re
from collections.abc import Iterator

import httpx2
import pytest

from shared.sign_in import ROLES, Role
from tests.triage.service import Service

BROMLEY = "/triage/catalogues/bromley/2022-10-01"
LEAST = {
    "catalogue": "bromley",
    "on-day": "18",
    "on-month": "11",
    "on-year": "2026",
    "at": "10:00",
    "role": "victim",
    "source.team": "leaving_care",
    "concerns": "domestic_abuse",
}
PAGES = ["/triage/catalogues", BROMLEY, f"{BROMLEY}/marac", "/triage/check"]


@pytest.fixture
def browser(triage_service: Service) -> Iterator[httpx2.Client]:
    """A practitioner's browser."""
    with triage_service.browser("practitioner") as signed_in:
        yield signed_in


def words(answer: httpx2.Response) -> str:
    """What a page says, as one line."""
    body = answer.text.partition("<main")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def between(text: str, start: str, end: str) -> str:
    """A part of a page's words."""
    return text.partition(start)[2].partition(end)[0]


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_led_to_the_sign_in(triage_service: Service, path: str) -> None:
    """And back to where he wanted to go; a program is told 401."""
    with triage_service.browser() as stranger:
        answer = stranger.get(path)
        told = stranger.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/notify/sign-in?next={path}"
    assert told.status_code == 401


def test_a_stranger_tries_nothing(triage_service: Service) -> None:
    """The form is answered to whoever is signed in."""
    with triage_service.browser() as stranger:
        assert stranger.post("/triage/check", data=LEAST).status_code == 401


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("path", PAGES)
def test_every_role_may_read(triage_service: Service, role: Role, path: str) -> None:
    """A policy is no secret among those who work by it."""
    with triage_service.browser(role) as signed_in:
        assert signed_in.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/triage/catalogues/atlantis/2022-10-01",
        "/triage/catalogues/bromley/2022-10-02",
        "/triage/catalogues/bromley/yesterday",
        f"{BROMLEY}/no_such_pathway",
    ],
)
def test_what_is_not_there_is_said_on_a_page(browser: httpx2.Client, path: str) -> None:
    """In words, and with 404."""
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "There is no such" in words(answer)


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_kept_and_none_loads_from_elsewhere(browser: httpx2.Client, path: str) -> None:
    """Cached nowhere, with nothing inline and nothing foreign."""
    answer = browser.get(path)
    assert answer.headers["cache-control"] == "no-store"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not re.search(r"<(script|style)>|\son\w+=|style=", answer.text)
    assert not re.search(r'(src|href|action)="(https?:)?//', answer.text)


@pytest.mark.parametrize("name", ["barnet/2013-04-19", "bromley/2017-04-01", "bromley/2022-10-01"])
def test_every_pathway_has_its_page(browser: httpx2.Client, name: str) -> None:
    """Whatever its rules are made of, they have words, and every link to a name leads to it."""
    catalogue = browser.get(f"/triage/catalogues/{name}").text
    paths = set(re.findall(rf'href="(/triage/catalogues/{name}/[a-z0-9_]+)"', catalogue))
    assert len(paths) > 20
    for path in paths:
        page = browser.get(path)
        assert page.status_code == 200
        for criterion in re.findall(r"#(criterion-\w+)", page.text):
            assert f'id="{criterion}"' in catalogue


def test_the_policies_and_which_is_in_force(browser: httpx2.Client) -> None:
    """Newest first, each with its days."""
    page = words(browser.get("/triage/catalogues"))
    assert between(page, "Bromley Safer", "26 pathways") == (
        " Bromley Partnership, referral pathways from October 2022 In force today"
        " From 1 October 2022. 44 pathways."
        " Safer Bromley Partnership, referral pathways from April 2017 No longer in force"
        " From 1 April 2017 until 30 September 2022. "
    )


def test_a_policy_lists_its_pathways_in_order(browser: httpx2.Client) -> None:
    """By kind and group; the victims' group as the partnership orders it."""
    page = words(browser.get(BROMLEY))
    kinds = ["Statutory services", "Lead services", "Further help", "Help that may be offered"]
    assert sorted(kinds, key=page.rindex) == kinds
    group = between(page, "Group “idsva”, in this order", "Group “perpetrator”")
    first = [
        "IDVA at the Princess Royal University Hospital",
        "IRIS advocate-educator",
        "IDVA on site with the MASH",
        "Young Person IDSVA",
        "Specialist Adult Support IDSVA",
        "Community Safety Unit and Community IDSVA",
        "BCWA community outreach",
    ]
    assert sorted(first, key=group.index) == first


def test_a_policy_says_what_it_rests_on_and_what_is_assumed(browser: httpx2.Client) -> None:
    """Ends of funding, places, times and what the partnership has to confirm."""
    page = words(browser.get(BROMLEY))
    assert "Funding ended 31 March 2023" in page
    assert "Bromley Mentoring Initiative Partly assumed Places: 125 a year" in page
    assert "A practitioner answers an urgent referral within 2 hours, day and night" in page
    assert "First contact, standard risk within 5 working days" in page
    assert "Monday to Friday 17:00 to 03:00; weekends and bank holidays 08:00 to 03:00" in page
    assert "assumed, to be confirmed by the partnership" in page
    assert "Districts The papers name only hot spots." in page
    assert "Unknown is not no." in page


def test_a_pathway_is_told_criterion_by_criterion(browser: httpx2.Client) -> None:
    """With the source of each, what is assumed, the ground in law and the days on site."""
    answer = browser.get(f"{BROMLEY}/idsva_young_person")
    page = words(answer)
    told = between(page, "all of this holds:", "About this pathway")
    expected = [
        "Role: victim",
        "Domestic abuse and violence against women and girls, whatever the victim's gender"
        " Source: DV and VAWG strategy, definition of March 2013, in Barnet Safer Communities"
        " Partnership Board, agenda and papers of 19 April 2013 (004).",
        "Age: 13 to 24 Source: Domestic Violence and Violence against Women and Girls Service",
        "Assumed To be confirmed by the partnership: The paper says young victims.",
        "Lives in Bromley",
        "High or medium risk, a checklist that was not completed, or any MARAC trigger",
        "Lawful to share, by consent or because safeguarding requires it",
    ]
    assert sorted(expected, key=told.index) == expected
    assert "With leaving care Monday, Tuesday" in page
    assert "Shared on the ground of the person's consent; or safeguarding, where" in page
    assert f'href="{BROMLEY}#criterion-risk_open"' in answer.text


def test_a_safety_block_is_told_with_its_reason(browser: httpx2.Client) -> None:
    """And with its source and the meaning of what closes the pathway."""
    page = words(browser.get(f"{BROMLEY}/restorative_justice"))
    assert between(page, "Safety block.", "About this pathway") == (
        " No restorative meeting is arranged in this way where the harm is by a partner or within"
        " the family. Nobody is referred here for whom this holds: Harm by a partner or within the"
        " family Source: Domestic abuse, in Restorative Justice Council and Women's Aid on"
        " restorative practice and domestic abuse. "
    )


def test_a_pathway_whose_funding_ended_says_so(browser: httpx2.Client) -> None:
    """The route is still made; the coordinator confirms."""
    page = words(browser.get(f"{BROMLEY}/drive"))
    assert "Funding ended 31 March 2023 is the last day that is paid for." in page
    assert "safeguarding, whether or not the person consents" in page


def test_the_checker_says_that_it_is_a_try(browser: httpx2.Client) -> None:
    """And what to do in danger, before anything else; on the answer too."""
    for answer in (browser.get("/triage/check"), browser.post("/triage/check", data=LEAST)):
        page = words(answer)
        assert "In immediate danger? Call 999." in page[:60]
        assert "This is a try, not a referral." in page


def test_facts_bring_routes_with_reasons(browser: httpx2.Client) -> None:
    """A young victim in Bromley at medium risk, who agrees: the Young Person IDSVA."""
    facts = LEAST | {
        "age": "19",
        "district": "BR5",
        "risk.score": "11",
        "consent.status": "given",
        "person.gender": "female",
    }
    page = words(browser.post("/triage/check", data=facts))
    assert "1 service would be asked to help." in page
    asked = between(page, "Who would be asked", "What is missing")
    assert "Young Person IDSVA, on site with Leaving Care" in asked
    assert "age 19 is between 13 and 24 BR5 lies in Bromley risk level is medium" in asked
    assert "Shared on the ground of the person's consent." in asked
    assert "Next with your team on Monday 23 November." in asked
    offered = between(page, "What may be offered", "Who would not be asked")
    assert "Support group, about 12 weeks 10-week online group for women" in offered
    closed = between(page, "Who would not be asked, and why", "What you entered")
    assert "MARAC" not in between(page, "Who would be asked", "What is missing")
    assert "Outreach for people with no recourse" not in closed
    assert (
        "Community Safety Unit and Community IDSVA, on site with the police fits, and Young Person"
        " IDSVA, on site with Leaving Care and Children's Early Intervention comes before it"
    ) in closed
    assert "referring team is leaving care, not hospital or maternity" in closed


def test_what_is_missing_is_asked_and_settles(browser: httpx2.Client) -> None:
    """Consent not sought: no route yet, and the fact that would settle it comes first."""
    facts = LEAST | {"age": "30", "district": "BR5", "risk.score": "5"}
    answer = browser.post("/triage/check", data=facts | {"consent.status": "not_sought"})
    page = words(answer)
    assert "No service can be chosen yet: facts are missing." in page
    missing = between(page, "What is missing", "Cannot be told yet")
    assert "Does the person agree to be referred? It would settle: BCWA community" in missing
    assert '<a href="#consent-status">' in answer.text


def test_a_safety_block_is_a_reason(browser: httpx2.Client) -> None:
    """A harmed partner is not sent to a restorative meeting, and the page says why."""
    facts = LEAST | {
        "role": "harmed_person",
        "concerns": "neighbour_dispute",
        "other_party.relationship": "former_partner",
        "offending.admits_responsibility": "yes",
        "consent.status": "given",
    }
    page = words(browser.post("/triage/check", data=facts))
    assert "Restore:London hub closed for safety: No restorative meeting is arranged" in page


def test_urgency_and_risk_are_told(browser: httpx2.Client) -> None:
    """A judgement of high risk goes to the MARAC, without consent."""
    facts = LEAST | {"age": "30", "risk.professional_judgement_high": "yes"}
    page = words(browser.post("/triage/check", data=facts | {"consent.status": "refused"}))
    assert "Urgent Whoever is asked must answer within 2 hours, day and night." in page
    assert "Risk: high . Reasons for a MARAC: professional judgement ." in page
    assert "Multi-agency risk assessment conference Statutory services" in page


def test_a_day_before_every_policy(browser: httpx2.Client) -> None:
    """Nothing decides, and the page says since when a policy does."""
    page = words(browser.post("/triage/check", data=LEAST | {"on-year": "2010"}))
    assert "No policy was in force in Bromley on 18 November 2010." in page
    assert "The first policy begins on 1 April 2017." in page


def test_the_policy_of_the_day_decides(browser: httpx2.Client) -> None:
    """In 2019 it is that of 2017, and the page names it."""
    answer = browser.post("/triage/check", data=LEAST | {"on-year": "2019"})
    assert "Decided by Bromley, from 1 April 2017 , for 18 November 2019." in words(answer)
    assert "/triage/catalogues/bromley/2017-04-01/" in answer.text


def test_a_fault_is_named_at_the_top_and_beside_its_field(browser: httpx2.Client) -> None:
    """The link leads to the input, which is marked; what was entered stays."""
    entered = LEAST | {"age": "ninety", "district": "BR5", "needs": ["housing", "nrpf"]}
    answer = browser.post("/triage/check", data=entered)
    problem = "Enter a whole number from 0 to 120, or nothing: How old is the person?"
    assert answer.status_code == 422
    assert "<title>Error: Try a referral" in answer.text
    assert f'<a href="#age">{problem}</a>' in answer.text
    assert f'id="age-problem"><span class="unseen">Error: </span>{problem}' in answer.text
    (age,) = re.findall(r'<input[^>]*name="age"[^>]*>', answer.text)
    assert 'value="ninety"' in age
    assert 'aria-invalid="true"' in age
    assert re.search(r'aria-describedby="age-hint\s+age-problem"', age)
    for field, value in [("role", "victim"), ("needs", "housing"), ("needs", "nrpf")]:
        assert re.search(rf'name="{field}" value="{value}"[^>]* checked', answer.text)
    assert re.search(r'name="district" value="BR5"', answer.text)
    assert '<option value="leaving_care" selected>' in answer.text


def test_markup_that_is_entered_is_shown_and_not_obeyed(browser: httpx2.Client) -> None:
    """An age with a tag in it is an age with a tag in it."""
    answer = browser.post("/triage/check", data=LEAST | {"age": '"><script>1</script>'})
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_a_form_of_yesterday_is_refused(browser: httpx2.Client) -> None:
    """A field that is asked no more would be a fact that is lost in silence."""
    answer = browser.post("/triage/check", data=LEAST | {"person.shoe_size": "43"})
    assert answer.status_code == 422
    assert "This form is out of date. Open it again." in words(answer)


@pytest.mark.parametrize("said", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"}])
def test_a_form_on_a_strange_page_tries_nothing(
    browser: httpx2.Client, said: dict[str, str]
) -> None:
    """Nobody else's page learns what becomes of facts in a practitioner's name."""
    assert browser.post("/triage/check", data=LEAST, headers=said).status_code == 403


def test_an_enormous_form_is_refused(browser: httpx2.Client) -> None:
    """Nobody fills the memory with a try."""
    assert browser.post("/triage/check", data=LEAST | {"age": "9" * 20_000}).status_code == 413
    many = {"concerns": ["domestic_abuse"] * 600}
    assert browser.post("/triage/check", data=LEAST | many).status_code == 413


def test_nothing_that_is_entered_is_logged(triage_service: Service, browser: httpx2.Client) -> None:
    """Good facts, faulty ones, unknown fields and strange bytes: the log knows none of them, and
    with neither database nor broker to be reached, nothing else can."""
    canary = "BR77canary"
    for data in (
        LEAST | {"age": "19", "district": "BR77"},
        LEAST | {"age": canary, "at": canary, "on-year": canary},
        LEAST | {canary: canary},
    ):
        browser.post("/triage/check", data=data)
    browser.post("/triage/check", content=b"\xff\x00canary=%zz&age=\xfe")
    log = triage_service.log.read_text()
    assert "service" in log
    for entered in ("canary", "BR77", "domestic_abuse", "leaving_care"):
        assert entered not in log
