"""Claims with their premises: public rows, and pairs made from documents by edits of a sentence."""

import hashlib
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from models.train import base
from models.train.grounding_edits import changed, names_in, reworded, sentences
from models.train.rows import rows
from shield.inference.windows import Frame, Window, windows

UNSUPPORTED, SUPPORTED = 0, 1
SIZE, OVERLAP = 256, 64
# Of 100 documents, how many are held: nothing is fitted on any claim about them.
HELD = 22
# With [CLS] and [SEP] half of a window: a longer claim is refused in serving.
CLAIM_TOKENS = 126
# Prose that carries no labels: the field `output` of these rows.
CARRIER, CARRIER_SET = "train/benign_chat", "dolly15k_instructions"
MADE_DOCUMENTS = 2600
_MARKUP = frozenset("`<>{}#|*[]\\=_")


class Pair(NamedTuple):
    """A claim, what it is held against, and whether that supports it."""

    claim: str
    premise: str
    label: int
    origin: str


def is_held(premise: str) -> bool:
    """Whether the document belongs to the held part, by its text alone."""
    return hashlib.sha256(" ".join(premise.split()).encode()).digest()[0] * 100 // 256 < HELD


def public(data: Path, name: str) -> list[Pair]:
    """The rows of `name` that have a premise, and a claim that serving takes."""
    return [
        Pair(r["hypothesis"], r["premise"], int(r["label"] == "supported"), r["set"])
        for r in rows(data, name)
        if r.get("premise") and is_short(r["hypothesis"])
    ]


def is_short(claim: str) -> bool:
    """Whether the claim leaves half of a window to the premise."""
    return len(ids_of(claim)) <= CLAIM_TOKENS


def made(data: Path, fitted: list[Pair], seed: int) -> list[Pair]:
    """Pairs that no person labelled: sentences of prose, kept and changed, and the supported
    claims of `fitted` with one fact changed.
    """
    rng = random.Random(seed)
    texts = [r["output"] for r in rows(data, CARRIER) if r["set"] == CARRIER_SET]
    parts = [part for text in texts if len(part := _prose(text)) >= 3]
    rng.shuffle(parts)
    names = names_in(" ".join(s for part in parts[:600] for s in part))
    found: list[Pair] = []
    for part in parts[:MADE_DOCUMENTS]:
        found += _of_document(part, rng.choice(parts), names, rng)
    for pair in fitted:
        if pair.label == SUPPORTED:
            found += _of_claim(pair, names, rng)
    return [pair for pair in found if is_short(pair.claim)]


def _prose(text: str) -> list[str]:
    return [s for s in sentences(text[:4000]) if not _MARKUP & set(s)]


def _of_document(
    part: list[str], stranger: list[str], names: list[str], rng: random.Random
) -> Iterator[Pair]:
    first = rng.randrange(len(part) - 1)
    kept = part[first : first + rng.choice((2, 3, 4, 6, 8))]
    premise = " ".join(kept)
    chosen = rng.sample(kept, rng.choice((1, 1, 2)))
    yield Pair(" ".join(reworded(s, rng) for s in chosen), premise, SUPPORTED, "made")
    # One change is enough: the other sentence stays true.
    new = changed(reworded(chosen[0], rng), _names(premise, names, rng), rng)
    if new is not None:
        told = [new, *(reworded(s, rng) for s in chosen[1:])]
        rng.shuffle(told)
        yield Pair(" ".join(told), premise, UNSUPPORTED, "made")
    if rng.random() < 0.2:
        foreign = rng.choice([*stranger, *(s for s in part if s not in kept)])
        yield Pair(reworded(foreign, rng), premise, UNSUPPORTED, "made")


def _of_claim(pair: Pair, names: list[str], rng: random.Random) -> Iterator[Pair]:
    new = changed(reworded(pair.claim, rng), _names(pair.premise, names, rng), rng)
    if new is not None:
        yield pair._replace(claim=new, label=UNSUPPORTED, origin="made")
    yield pair._replace(claim=reworded(pair.claim, rng), origin="made")


def _names(premise: str, names: list[str], rng: random.Random) -> list[str]:
    own = names_in(premise)
    return own if own and rng.random() < 0.7 else names


def ids_of(text: str) -> list[int]:
    """Token ids without special ones."""
    found: list[int] = base.tokenizer().encode(text, add_special_tokens=False).ids
    return found


def cut(pair: Pair, size: int = SIZE, overlap: int = OVERLAP) -> list[Window]:
    """The windows that cover the premise, each led by the claim, as served."""
    tok = base.tokenizer()
    cls, sep = tok.token_to_id("[CLS]"), tok.token_to_id("[SEP]")
    encoding = tok.encode(pair.premise, add_special_tokens=False)
    frame = Frame(size, overlap, (cls, *ids_of(pair.claim), sep), (sep,))
    return list(windows(encoding.ids, encoding.offsets, frame))


def nearest(pair: Pair, found: Sequence[Window]) -> Window:
    """The window that shares most of the claim's tokens: a label is about the whole premise."""
    claim = set(ids_of(pair.claim))
    return max(found, key=lambda w: len(claim & set(w.ids[len(ids_of(pair.claim)) + 2 :])))
