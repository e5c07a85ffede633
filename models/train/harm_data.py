"""The texts to fit and to hold: public rows, benign carriers, and the project's own phrases."""

import hashlib
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from models.train.harm_labels import labelled, of_request, of_toxicity
from models.train.rows import phrases, rows

NOTHING = labelled(())
# Rows at most of a kind that would drown the others; None takes all.
TWEETS = {"hate": None, "offensive": 2500, "neither": 2500}
TEMPLATES = 2600
BENIGN = {
    "train/benign_chat": 9000,
    "train/benign_dialogues": 800,
    "train/benign_multilingual": 3500,
}
ANSWERS = 2500
OWN_REPEATS = 4
# What an own phrase of a kind leaves open beside the labels that it carries.
OPEN = {
    "harassment": "hate",
    "threat_body": "hate illicit illicit/violent",
    "threat_other": "hate illicit violence",
    "violence": "hate harassment harassment/threatening illicit illicit/violent",
    "intent": "violence",
    "selfharm": "harassment violence illicit",
    "sexual": "harassment",
}
# Held whole: a set, a language of the templates, and groups of the prompts about groups.
HELD_SET = "forbidden_questions_verazuo"
HELD_LANGUAGE = "nl"
HELD_GROUPS = ("women", "mexican", "jewish", "asian", "mental_disability")
# Of 100 other texts, how many are held, by the digest of what they say.
HELD = 12
_TWEET = re.compile(r"\bRT\b|@\w+:?|https?://\S+|&#?\w+;")


class Row(NamedTuple):
    """A text on a surface, 1, 0 or UNKNOWN for each label, and where it comes from."""

    text: str
    surface: str
    labels: tuple[int, ...]
    origin: str
    is_held: bool
    is_weak: bool = False


def everything(data: Path, seed: int) -> list[Row]:
    """All rows, held ones marked; of equal texts one."""
    rng = random.Random(seed)
    seen: set[str] = set()
    found = []
    for row in (*_requests(data), *_toxicity(data, rng), *_benign(data, rng), *_own()):
        key = f"{row.surface} {_said(row.text)}"
        if row.text.strip() and key not in seen:
            seen.add(key)
            found.append(row)
    return found


def shown(found: Iterable[Row], seed: int) -> list[Row]:
    """The rows to fit on: own ones several times, and some harm inside a longer harmless text."""
    rng = random.Random(seed)
    kept = [row for row in found if not row.is_held]
    calm = [row for row in kept if row.labels == NOTHING and len(row.text) < 300]
    made = []
    for row in kept:
        made += [row] * (OWN_REPEATS if row.origin.startswith("own") else 1)
        if 1 in row.labels and rng.random() < 0.2:
            beside = rng.choice(calm).text
            parts = [row.text, beside] if rng.random() < 0.5 else [beside, row.text]
            made.append(row._replace(text="\n".join(parts)))
    return made


def _said(text: str) -> str:
    return " ".join(re.findall(r"\w+", _TWEET.sub(" ", text).lower()))[:80]


def _by_digest(text: str) -> bool:
    return hashlib.sha256(_said(text).encode()).digest()[0] * 100 // 256 < HELD


def _requests(data: Path) -> Iterator[Row]:
    for row in rows(data, "train/harmful_requests"):
        if (said := of_request(row)) is not None:
            text, labels, is_weak = said
            held = row["set"] == HELD_SET or _by_digest(text)
            yield Row(text, "user", labels, row["set"], held, is_weak)


def _toxicity(data: Path, rng: random.Random) -> Iterator[Row]:
    found = [(r, said) for r in rows(data, "train/toxicity") if (said := of_toxicity(r))]
    rng.shuffle(found)
    left: dict[str, int | None] = {**TWEETS, "templates": TEMPLATES}
    for row, labels in found:
        held = _is_held(row)
        kind = "templates" if row["set"].startswith("sentence") else row["label"]
        most = left.get(kind)
        if most is not None and not held:
            if most == 0:
                continue
            left[kind] = most - 1
        text = _TWEET.sub(" ", row["text"]) if "tweets" in row["set"] else row["text"]
        surface = rng.choice(("user", "answer"))
        yield Row(" ".join(text.split()), surface, labels, row["set"], held)


def _is_held(row: dict[str, Any]) -> bool:
    category = row.get("category") or ""
    if row["set"] == "toxigen_prompts":
        return category.removeprefix("hate_").removeprefix("neutral_") in HELD_GROUPS
    if row["set"] == "sentence_templates_multilingual":
        return bool(row.get("lang") == HELD_LANGUAGE)
    return _by_digest(row["text"])


def _benign(data: Path, rng: random.Random) -> Iterator[Row]:
    for name, most in BENIGN.items():
        texts = [(r["text"], r["set"]) for r in rows(data, name)]
        yield from _sampled(texts, most, "user", rng)
    answers = [(r.get("output") or "", r["set"]) for r in rows(data, "train/benign_chat")]
    yield from _sampled(answers, ANSWERS, "answer", rng)


def _sampled(
    texts: list[tuple[str, str]], most: int, surface: str, rng: random.Random
) -> Iterator[Row]:
    kept = [(text[:700], origin) for text, origin in texts if len(text) > 12]
    for text, origin in rng.sample(kept, min(most, len(kept))):
        yield Row(text, surface, NOTHING, origin, _by_digest(text))


def _own() -> Iterator[Row]:
    for row in phrases("harm_negatives"):
        both = row["surface"] == "both"
        for surface in ("user", "answer") if both else (row["surface"],):
            held = _by_digest(row["text"])
            yield Row(row["text"], surface, NOTHING, f"own/{row['kind']}", held)
    for row in phrases("harm_positives"):
        labels = labelled(row["labels"], OPEN[row["kind"]].split())
        for surface in ("user", "answer"):
            held = _by_digest(row["text"])
            yield Row(row["text"], surface, labels, f"own/{row['kind']}", held)
