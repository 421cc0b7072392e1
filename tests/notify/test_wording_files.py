"""The words of messages in files: ours, a partnership's over them, what is refused."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.notify import gsm
from services.notify.examples import examples, extremes
from services.notify.messages import PURPOSES, channels_of, may_stand
from services.notify.settings import NotifySettings
from services.notify.telling import telling_words
from services.notify.wording_files import (
    FILES,
    SHIPPED,
    WordingRefused,
    check_wording,
    load_wording,
    shipped,
)
from shared.events import Channel, Purpose
from tests.notify.ground import PUBLIC_URL
from tests.notify.test_settings import GOOD

LONGEST_URL = "https://" + "a" * 43
SOUND = "Fingerpost. Please answer {{ by }}. {{ link }}\n"
TO_DO = ("answer", "see to it", "First: ", "nothing to do", "do not need to do anything")
EVERY = sorted(FILES.values())


def refused(folder: Path, name: str, source: str | bytes) -> list[str]:
    """What is said of a file in a partnership's folder, by file and line."""
    file = folder / name
    file.write_bytes(source if isinstance(source, bytes) else source.encode())
    return [str(fault).removeprefix(f"{folder}/") for fault in check_wording(folder, PUBLIC_URL)]


def test_there_is_a_file_for_every_purpose_and_channel_and_none_besides() -> None:
    """Nobody is ever told nothing for want of words."""
    assert {path.name for path in SHIPPED.iterdir()} == set(FILES)
    assert {purpose for purpose, _ in FILES.values()} == set(PURPOSES)
    assert channels_of("digest") == channels_of("information_asked") == ("email",)


def test_our_own_words_are_sound() -> None:
    """With the longest address of the system that there is room for; a longer one is refused."""
    assert check_wording(None, LONGEST_URL) == ()
    too_long = check_wording(None, LONGEST_URL + "a")
    assert {Path(fault.file).name for fault in too_long} == {"action_overdue.sms.txt"}
    assert all("shorten it, or PUBLIC_URL" in fault.reason for fault in too_long)


@pytest.mark.parametrize(("purpose", "channel"), EVERY)
def test_every_file_renders_and_tells_nothing(purpose: Purpose, channel: Channel) -> None:
    """With every combination of its values: link once, no telling word, a text in one part."""
    for values in extremes(purpose, LONGEST_URL):
        subject, body = shipped().render(purpose, channel, values)
        assert body.count(str(values["link"])) == 1
        assert telling_words(f"{subject} {body}".replace(str(values["link"]), "")) == ()
        assert "\n\n\n" not in body
        if channel == "sms":
            assert subject == ""
            assert gsm.length(body) <= gsm.ONE_PART
        else:
            assert subject.startswith("Fingerpost: ")
            assert body.endswith("\n")


@pytest.mark.parametrize(("purpose", "channel"), EVERY)
def test_what_is_to_be_done_comes_first(purpose: Purpose, channel: Channel) -> None:
    """Before the link; every email that asks for something says what is first."""
    for _, values in examples(purpose, PUBLIC_URL):
        _, body = shipped().render(purpose, channel, values)
        before = body[: body.index(str(values["link"]))]
        if channel == "email" and purpose != "withdrawn":
            assert "First: " in before
        assert any(asked in before for asked in TO_DO)


def test_a_partnerships_file_lies_over_ours(tmp_path: Path) -> None:
    """That one alone; a text's line breaks do not count, a byte order mark is no character."""
    (tmp_path / "offered.sms.txt").write_text(
        "\ufeffBromley signpost.\nAnswer {{ by }}:\n{{ link }}\n", encoding="utf-8"
    )
    (tmp_path / ".offered.sms.txt.swp").write_text("an editor's")
    wording = load_wording(PUBLIC_URL, tmp_path)
    values = {"link": "https://x", "by": "today, by 14:30", "reference": "6b1f6d1e"}
    values |= {"urgent": "", "code": ""}
    assert wording.render("offered", "sms", values) == (
        "",
        "Bromley signpost. Answer today, by 14:30: https://x",
    )
    assert wording.render("offered", "email", values) == shipped().render(
        "offered", "email", values
    )


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ link }}\n{{ by }} for a\nvictim", "3: “victim” tells who sees it"),
        ("{{ link }} {{ by }}\n{% if urgent %}MARAC{% endif %}", "2: “marac” tells"),
        ("{{ link }} {{ by }}\n\nan em dash —", "3: “—” (U+2014) is no character of a text"),
        ("{{ by }}\n{{ linc }}{{ link }}", "2: nothing is called linc: there are link, by, ref"),
        ("{{ by }}", "1: says nowhere {{ link }}"),
        ("{{ link }}", "1: says nowhere {{ by }}"),
        ("{{ by }} {% if urgent %}{{ link }}{% endif %}", "1: does not always say {{ link }}"),
        ("{{ by }}\n{{ link }}.", "2: the link has no white space around it"),
        ("{{ by }} {{ link }}\n{% for x in y %}{% endfor %}", "2: only {{ value }} and"),
        ("{{ by }} {{ link }}\n{{ by.__class__ }}", "2: only {{ value }} and"),
        ("{{ by }} {{ link }}\n{% include 'x' %}", "2: only {{ value }} and"),
        ("{{ by }} {{ link }}\n{{ urgent }}", "2: urgent is asked by {% if urgent %}"),
        ("{{ by }} {{ link }}\n{% if urgent %}", "2: cannot be read from here"),
        ("{{ by }}\n{{ link", "2: cannot be read from here"),
        (SOUND + "please " * 9, "1: is 3 characters too long for one text, with a link of 48"),
        (b"{{ by }}\n\xff", "2: is not UTF-8"),
        (SOUND * 1000, "1: is longer than 10,000 characters"),
    ],
)
def test_what_is_refused_and_where(tmp_path: Path, source: str | bytes, said: str) -> None:
    """By file and line, in words for who wrote it."""
    faults = refused(tmp_path, "offered.sms.txt", source)
    assert any(fault.startswith(f"offered.sms.txt:{said}") for fault in faults), faults


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("Answer {{ by }}\n", "1: says nowhere {{ link }}"),
        ("{{ by }} {{ link }}\n", "1: the subject, its first line, has the link"),
        (f"{'x' * 101}\n\n{{{{ by }}}} {{{{ link }}}}", "1: the subject, its first line, is over"),
        ("{{ link }}", "1: is a subject on the first line"),
        ("Sent\n\nThe child, {{ by }}\n{{ link }}", "3: “child” tells"),
    ],
)
def test_what_is_refused_of_an_email(tmp_path: Path, source: str, said: str) -> None:
    """Its first line is its subject, which many see who never open it."""
    faults = refused(tmp_path, "offered.email.txt", source)
    if source == "{{ link }}":
        faults = refused(tmp_path, "withdrawn.email.txt", source)
        said = f"withdrawn.email.txt:{said}"
    else:
        said = f"offered.email.txt:{said}"
    assert any(fault.startswith(said) for fault in faults), faults


def test_a_file_that_is_no_messages_is_refused(tmp_path: Path) -> None:
    """A slip in a name must not leave our words standing unseen."""
    assert refused(tmp_path, "ofered.sms.txt", SOUND) == [
        "ofered.sms.txt:1: is no message's name; is offered.sms.txt meant?"
    ]


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    """Nobody starts a service five times to find five slips."""
    refused(tmp_path, "offered.sms.txt", "{{ by }}")
    refused(tmp_path, "digest.email.txt", "Desk\n\n{{ link }}")
    with pytest.raises(WordingRefused) as error:
        load_wording(PUBLIC_URL, tmp_path)
    assert [fault.reason for fault in error.value.faults] == [
        "says nowhere {{ link }}",
        *(
            f"says nowhere {{{{ {each} }}}}"
            for each in ("for_coordinators", "late", "waiting", "untold")
        ),
    ]


def test_no_service_starts_with_words_that_are_refused(tmp_path: Path) -> None:
    """The reason stands in the error of its settings, with file and line."""
    refused(tmp_path, "withdrawn.sms.txt", "Over.\nThe refuge is full. {{ link }}")
    with pytest.raises(ValidationError, match=r"withdrawn\.sms\.txt:2: “refuge” tells"):
        NotifySettings.model_validate(GOOD | {"wording_dir": tmp_path})


def test_the_guide_names_every_file_and_value() -> None:
    """Whoever edits a file finds in it what may stand there."""
    guide = (Path(__file__).parents[2] / "docs" / "messages.md").read_text()
    values = {value for purpose in PURPOSES for value in may_stand(purpose)}
    assert [purpose for purpose in PURPOSES if f"\n| `{purpose}`" not in guide] == []
    assert [value for value in values if f"`{{{{ {value} }}}}`" not in guide] == ["urgent"]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A slip in WORDING_DIR is not the same as none."""
    [fault] = check_wording(tmp_path / "none", PUBLIC_URL)
    assert fault.reason == "is no folder"


@pytest.mark.parametrize("host", ["refuge.example", "met.police.example", "marac-bromley.example"])
def test_an_address_that_tells_is_refused(host: str) -> None:
    """It would stand in every link."""
    [fault] = check_wording(None, f"https://{host}")
    assert fault.file == "PUBLIC_URL"
    assert "every link would say" in fault.reason


@pytest.mark.parametrize(
    "text",
    [
        "Domestic Abuse Team",
        "HIGH RISK",
        "high-risk",
        "your referral",
        "a new case",
        "Social  Care".replace("  ", " "),
        "the IDSVA",
        "Women's Aid",
        "children",
    ],
)
def test_words_that_tell_are_found_however_they_are_written(text: str) -> None:
    """Large and small, one and many."""
    assert telling_words(f"Fingerpost: {text}.")


@pytest.mark.parametrize(
    "text", ["Please answer today.", "Sussex, Essex and Courtesy Lane", "partnership", "dashboard"]
)
def test_words_that_tell_nothing_pass(text: str) -> None:
    """Part of a longer word is another word."""
    assert telling_words(text) == ()
