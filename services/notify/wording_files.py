"""The words of messages as files that a communications officer can edit: read and checked.

`wording/<purpose>.<email|sms>.txt` are ours; a partnership's own folder lies over them, file by
file. An email's first line is its subject; of a text the line breaks do not count. In a file stand
words, `{{ value }}`, and `{% if value %} ... {% else %} ... {% endif %}`, and nothing else of
Jinja: what a message may vary in is seen from its file alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, StrictUndefined, Template, TemplateSyntaxError, nodes

from services.notify import gsm
from services.notify.examples import extremes
from services.notify.messages import (
    PURPOSES,
    Values,
    channels_of,
    may_stand,
    must_stand,
)
from services.notify.telling import telling_words
from shared.events import Channel, Purpose

SHIPPED: Final = Path(__file__).parent / "wording"
LONGEST_FILE: Final = 10_000
LONGEST_SUBJECT: Final = 100
Message = tuple[Purpose, Channel]
FILES: Final[Mapping[str, Message]] = {
    f"{purpose}.{channel}.txt": (purpose, channel)
    for purpose in PURPOSES
    for channel in channels_of(purpose)
}
"""Which message each file has the words of."""

_JINJA: Final = Environment(
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - plain text, which no browser reads as a page
)
_ALLOWED: Final = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.Not)
_ONLY_IN_IF: Final = "urgent"


@dataclass(frozen=True)
class Fault:
    """One thing for which a file is refused, and where."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


class WordingRefused(Exception):
    """Words that cannot be used, with everything that is wrong with them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Words:
    """One file: where it lies, what it says."""

    path: Path
    source: str
    template: Template


@dataclass(frozen=True)
class FileWording:
    """The words of every message, from files."""

    words: Mapping[Message, Words]

    def render(self, purpose: Purpose, channel: Channel, values: Values) -> tuple[str, str]:
        """Subject and body; the subject of a text message is empty."""
        return _rendered(self.words[purpose, channel].template, channel, values)


@cache
def shipped() -> FileWording:
    """Our own words, as they are."""
    return FileWording({message: _read(SHIPPED / name) for name, message in FILES.items()})


def load_wording(public_url: str, folder: Path | None = None) -> FileWording:
    """Our words, and over them those of a partnership's folder; WordingRefused with every fault.

    `public_url`: the beginning of every link. A longer one leaves a text less room.
    """
    words, faults = _gathered(public_url, folder)
    if faults:
        raise WordingRefused(faults)
    return FileWording(words)


def check_wording(folder: Path | None, public_url: str) -> tuple[Fault, ...]:
    """Everything for which `load_wording` would refuse."""
    return tuple(_gathered(public_url, folder)[1])


def _gathered(
    public_url: str, folder: Path | None
) -> tuple[Mapping[Message, Words], Sequence[Fault]]:
    faults = [
        Fault("PUBLIC_URL", 1, f"every link would say “{word}”: use another address")
        for word in telling_words(public_url)
    ]
    if folder is not None and not folder.is_dir():
        return {}, [*faults, Fault(str(folder), 1, "is no folder")]
    own = {each.name: each for each in sorted(folder.iterdir())} if folder else {}
    faults += [_unknown(path) for name, path in own.items() if name not in FILES and name[0] != "."]
    words = {}
    for name, message in FILES.items():
        path = own.get(name, SHIPPED / name)
        try:
            words[message] = _read(path)
        except WordingRefused as error:
            faults += error.faults
            continue
        faults += _faults(words[message], *message, public_url)
    return words, faults


def _unknown(path: Path) -> Fault:
    near = get_close_matches(path.name, FILES, n=1)
    return Fault(str(path), 1, "is no message's name" + (f"; is {near[0]} meant?" if near else ""))


def _read(path: Path) -> Words:
    try:
        source = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise WordingRefused([Fault(str(path), 1, error.strerror or "cannot be read")]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise WordingRefused([Fault(str(path), line, "is not UTF-8: save it as UTF-8")]) from None
    if len(source) > LONGEST_FILE:
        reason = f"is longer than {LONGEST_FILE:,} characters"
        raise WordingRefused([Fault(str(path), 1, reason)])
    try:
        return Words(path, source, _JINJA.from_string(source))
    except TemplateSyntaxError as error:
        raise WordingRefused([Fault(str(path), error.lineno, _plain(error))]) from None


def _plain(error: TemplateSyntaxError) -> str:
    return f"cannot be read from here: {(error.message or 'a bracket is missing').rstrip('.')}"


def _rendered(template: Template, channel: Channel, values: Values) -> tuple[str, str]:
    text = template.render(values)
    if channel == "sms":
        return "", " ".join(text.split())
    subject, _, body = text.strip().partition("\n")
    # What an {% if %} on a line of its own leaves behind.
    return subject.strip(), re.sub(r"\n\s*\n", "\n\n", body).strip() + "\n"


def _faults(words: Words, purpose: Purpose, channel: Channel, public_url: str) -> Iterator[Fault]:
    """What is wrong with a file, each thing once; how it reads, only where it can be filled in."""
    shape = list(_shape_faults(words, purpose))
    if shape:
        yield from shape
        return
    found: dict[Fault, None] = {}
    read = []
    for values in extremes(purpose, public_url):
        link = str(values["link"])
        subject, body = _rendered(words.template, channel, values)
        read.append((body, link))
        found |= dict.fromkeys(_reading_faults(words, subject, body, link))
        if channel == "email":
            found |= dict.fromkeys(_subject_faults(words, subject, body, link))
    yield from found
    if channel == "sms":
        yield from _text_faults(words, read)


def _shape_faults(words: Words, purpose: Purpose) -> Iterator[Fault]:
    may, file = may_stand(purpose), str(words.path)
    used = set()
    for node in _below(_JINJA.parse(words.source)):
        if isinstance(node, nodes.Name):
            used.add(node.name)
            if node.name not in may:
                yield Fault(
                    file, node.lineno, f"nothing is called {node.name}: there are {', '.join(may)}"
                )
        elif not isinstance(node, _ALLOWED):
            yield Fault(
                file,
                node.lineno,
                "only {{ value }} and {% if value %} ... {% else %} ... {% endif %} may stand here",
            )
            return
        elif isinstance(node, nodes.Output):
            for each in node.nodes:
                if isinstance(each, nodes.Name) and each.name == _ONLY_IN_IF:
                    reason = "urgent is asked by {% if urgent %}, and not written"
                    yield Fault(file, each.lineno, reason)
    for name in must_stand(purpose):
        if name not in used:
            yield Fault(file, 1, f"says nowhere {{{{ {name} }}}}")


def _below(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for each in node.iter_child_nodes():
        yield from _below(each)


def _reading_faults(words: Words, subject: str, body: str, link: str) -> Iterator[Fault]:
    for word in telling_words(f"{subject}\n{body}".replace(link, "")):
        yield Fault(
            str(words.path),
            _line(words, word),
            f"“{word}” tells who sees it what the message is about",
        )
    if link not in body:
        yield Fault(str(words.path), 1, "does not always say {{ link }}")
    elif not re.search(rf"(?<!\S){re.escape(link)}(?!\S)", body):
        yield Fault(
            str(words.path),
            _line(words, "link"),
            "the link has no white space around it: a telephone would follow it wrongly",
        )


def _subject_faults(words: Words, subject: str, body: str, link: str) -> Iterator[Fault]:
    file = str(words.path)
    if not subject or not body.strip():
        yield Fault(file, 1, "is a subject on the first line, and below it what the email says")
    if link in subject:
        yield Fault(file, 1, "the subject, its first line, has the link: put it below")
    elif len(subject) > LONGEST_SUBJECT:
        yield Fault(file, 1, f"the subject, its first line, is over {LONGEST_SUBJECT} characters")


def _text_faults(words: Words, read: Sequence[tuple[str, str]]) -> Iterator[Fault]:
    """`read`: every way to read the text, with its link."""
    file = str(words.path)
    # From the file, not from one way to read it: they may stand in an {% if %}.
    strange = gsm.strangers(words.source.replace("\t", " ").replace("\r", ""))
    for character in strange:
        yield Fault(
            file,
            _line(words, character),
            f"“{character}” (U+{ord(character):04X}) is no character of a text message",
        )
    if strange:
        return
    longest, link = max(read, key=lambda each: gsm.length(each[0]))
    if (over := gsm.length(longest) - gsm.ONE_PART) > 0:
        yield Fault(
            file,
            1,
            f"is {over} characters too long for one text, with a link of {len(link)}:"
            " shorten it, or PUBLIC_URL",
        )


def _line(words: Words, part: str) -> int:
    """Where something stands in a file; its first line, if it is pieced together."""
    lines = words.source.casefold().splitlines()
    return next((at for at, line in enumerate(lines, 1) if part.casefold() in line), 1)
