"""Real prose with what can be known of it: some names from their form, plain words as outside.

Nobody labelled these texts. A capitalised run that the hand-written lists know, or that is a
first name with a family name, or ends as companies do, is marked; other capitals, numbers and
their neighbours are unsure and taught nothing; the rest is outside.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from models.train.pii_ner.sample import Entity, Sample, joined
from models.train.pii_ner.values import date_words, lists
from models.train.rows import rows

_FILES = ("train/benign_documents", "train/benign_multilingual", "train/benign_dialogues")
_FIELD = re.compile(r"\w+(?:[-'’]\w+)*")
_MORE = re.compile(r" (?:for|of|and|de|du|von|van|der|&) [A-Z]|[’']s [A-Z]|[-.][A-Za-z]")
_FREQUENT = 12
_ROWS, _LINES = 20_000, 3
_FORMS = frozenset(
    {
        "Inc",
        "Ltd",
        "LLC",
        "Corp",
        "Corporation",
        "GmbH",
        "AG",
        "University",
        "Institute",
        "Bank",
        "Airlines",
        "Association",
        "Foundation",
        "Ministry",
        "Committee",
        "Society",
        "Museum",
        "Hospital",
        "College",
    }
)


def prose(data: Path, rng: random.Random, named: int, plain: int) -> list[Sample]:
    """`named` passages in which something is marked, `plain` ones in which nothing is."""
    passages = [p for name in _FILES for p in _some(data, name, rng)]
    counts = Counter(w for p in passages for w in _FIELD.findall(p) if w.islower())
    usual = {word for word, n in counts.items() if n >= _FREQUENT and word not in date_words()}
    made = [_known(p, usual) for p in passages]
    with_names = [s for s in made if s.entities]
    without = [s for s in made if not s.entities]
    return [
        *rng.sample(with_names, min(named, len(with_names))),
        *rng.sample(without, min(plain, len(without))),
    ]


def _some(data: Path, name: str, rng: random.Random) -> Iterator[str]:
    texts = [row["text"] for row in rows(data, name)]
    for text in rng.sample(texts, min(_ROWS, len(texts))):
        lines = [line.strip() for line in text[:6000].splitlines()]
        fit = [line for line in lines if len(line) >= 12 and _is_cased(line)]
        yield from (line[:320] for line in rng.sample(fit, min(_LINES, len(fit))))


def _is_cased(line: str) -> bool:
    return line[0].isupper() and sum(map(str.isupper, line)) / len(line) < 0.2


def _known(text: str, usual: set[str]) -> Sample:
    fields = list(_FIELD.finditer(text))
    doubtful = [not _plain(text, match, usual) for match in fields]
    entities, unsure, i = list[Entity](), list[tuple[int, int]](), 0
    while i < len(fields):
        last = i
        while doubtful[i] and last + 1 < len(fields) and doubtful[last + 1]:
            if text[fields[last].end() : fields[last + 1].start()] != " ":
                break
            last += 1
        start, end = fields[i].start(), fields[last].end()
        goes_on = _MORE.match(text, end) is not None
        if doubtful[i] and not goes_on and (label := _label(text[start:end], usual)):
            entities.append(Entity(start, end, label))
        elif doubtful[i]:
            before = fields[i - 1].start() if i else 0
            after = fields[last + 1].end() if last + 1 < len(fields) else len(text)
            unsure.append((before, after))
        i = last + 1
    apart = tuple(joined(text, entities))
    return Sample(text, apart, tuple(_outside(unsure, apart)))


def _outside(
    unsure: list[tuple[int, int]], entities: tuple[Entity, ...]
) -> Iterator[tuple[int, int]]:
    """The unsure stretches without the marked entities that they reach into."""
    for start, end in unsure:
        for entity in entities:
            if entity.start < end and start < entity.end:
                start, end = (entity.end, end) if entity.start <= start else (start, entity.start)
        if start < end:
            yield start, end


def _label(run: str, usual: set[str]) -> str:
    """What a capitalised run surely is, else an empty string."""
    parts = run.split(" ")
    if run.lower() in usual or len(run) < 4:
        return ""
    if run in _places():
        return "LOCATION"
    if run in lists()["organization"] or (len(parts) in {2, 3, 4} and parts[-1] in _FORMS):
        return "ORGANIZATION"
    is_name = parts[0] in _first_names() and parts[0].lower() not in usual
    return "PERSON" if is_name and len(parts) in {2, 3} and "".join(parts[1:]).isalpha() else ""


@cache
def _places() -> frozenset[str]:
    return frozenset(
        (*lists()["region"], *(city for part in lists()["city"].values() for city in part))
    )


@cache
def _first_names() -> frozenset[str]:
    return frozenset(name for part in lists()["first"].values() for name in part)


def _plain(text: str, match: re.Match[str], usual: set[str]) -> bool:
    word = match[0]
    letters = re.sub(r"[-'’]", "", word)
    if letters.isalpha() and word.islower() and word not in date_words():
        return True
    opens = match.start() == 0 or text[: match.start()].rstrip().endswith((".", "?", "!", ":"))
    return word == "I" or (opens and letters.isalpha() and word.lower() in usual)
