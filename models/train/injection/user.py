"""Texts of the surface `user`: what a person writes to the assistant."""

import random
import re
from collections.abc import Iterator

from models.train.injection import shots
from models.train.injection.ingredients import Ingredients, phrases
from models.train.injection.sample import (
    INJECTION,
    JAILBREAK,
    Part,
    Sample,
    benign,
    cut,
    held,
    insert,
    typed,
)

ASKS = (
    "What does this mean?",
    "Summarise this for me:",
    "Please reply to this mail",
    "translate:",
    "is this ok?",
    "Why does this not work?",
    "Refactor the code below and explain each step.",
    "Find the mistake in here",
    "Kannst du das kürzen?",
    "Explique-moi ça",
    "Corrige este texto",
    "Riassumi",
    "要約してください",
    "Что здесь написано?",
    "Resuma o texto abaixo",
    "Vat dit samen:",
)
_BLANK = re.compile(r"\[[^\W\d_][^\[\]\n]{2,24}\]")


def texts(pool: Ingredients, rng: random.Random) -> Iterator[Sample]:
    """All of them, benign and attacks."""
    yield from _requests(pool, rng)
    yield from _pasted(pool, rng)
    yield from _honest(rng)
    yield from _public_attacks(pool, rng)
    yield from _own_attacks(pool, rng)
    yield from _composed_attacks(pool, rng)
    yield from shots.texts(pool, rng)


def _some(rng: random.Random, parts: list[Part], count: int) -> list[Part]:
    return rng.sample(parts, min(count, len(parts)))


def _requests(pool: Ingredients, rng: random.Random) -> Iterator[Sample]:
    by_set: dict[str, list[Part]] = {}
    for part in pool.chat:
        by_set.setdefault(part.set, []).append(part)
    for name, parts in sorted(by_set.items()):
        yield from (benign(p, "user", name) for p in _some(rng, parts, 1200))
    chosen = _some(rng, pool.multilingual_chat, 4500)
    yield from (benign(p, "user", "multilingual") for p in chosen)
    yield from (benign(p, "user", "harmful_request") for p in _some(rng, pool.harmful, 2500))
    yield from (benign(p, "user", "dialogue") for p in _some(rng, pool.dialogues, 1400))
    direct = pool.parts("injection_direct", lambda r: r["label"] == "benign")
    yield from (benign(p, "user", "deepset_benign") for p in direct)
    bare = {"secondary_task", "benign_question"}
    asked = [Part(r["text"], str(r["set"])) for r in pool.indirect if r["label"] in bare]
    asked += phrases("attacks", "goal")
    yield from (benign(p, "user", "bare_request") for p in asked)
    rude = _some(rng, pool.parts("toxicity"), 4000)
    yield from (benign(p, "user", "toxicity") for p in rude)


def _pasted(pool: Ingredients, rng: random.Random) -> Iterator[Sample]:
    """Requests about something pasted: documents, code, tool outputs, manuals, notes."""
    chosen = _some(rng, pool.documents + pool.multilingual_documents, 1800)
    chosen += _some(rng, pool.manuals, 1800) + _some(rng, pool.code, 1000)
    chosen += _some(rng, pool.tool_outputs, 500) + _some(rng, pool.asides, 1200)
    for part in chosen:
        shown = cut(part.text, rng, rng.choice((300, 700, 1200)))
        roll = rng.random()
        if roll < 0.35:
            shown = f"{rng.choice(ASKS)}\n{shown}"
        elif roll < 0.5:
            shown = f"{shown}\n\n{rng.choice(ASKS)}"
        yield benign(part, "user", "pasted", shown)


def _honest(rng: random.Random) -> Iterator[Sample]:
    """Hard negatives as they are, misspelled, and joined into chats."""
    honest = phrases("negatives", "user")
    for _ in range(3):
        yield from (benign(p, "user", "hard_negative") for p in honest)
    yield from (benign(p, "user", "misspelled", typed(p.text, rng)) for p in honest)
    for part in honest:
        if rng.random() < 0.3:
            other = rng.choice(honest)
            yield benign(part, "user", "joined", f"{part.text}\n\n{other.text}")


def _public_attacks(pool: Ingredients, rng: random.Random) -> Iterator[Sample]:
    wild = pool.parts("injection_direct", lambda r: r["set"] == "jailbreak_llms_itw")
    for part in wild * 2:
        yield _attack(part, JAILBREAK, "in_the_wild", cut(part.text, rng, 900), spanned=False)
    generated = pool.parts("injection_direct", lambda r: r["set"] == "jailbreak_attacks_generated")
    for part in _some(rng, generated, 700):
        yield _attack(part, JAILBREAK, "generated", part.text, spanned=False)
    rare = {"jailbreak_templates", "garak", "deepset_prompt_injections"}
    for label, number in (("jailbreak", JAILBREAK), ("injection", INJECTION)):
        parts = pool.parts(
            "injection_direct", lambda r, w=label: r["set"] in rare and r["label"] == w
        )
        for part in parts * 4:
            yield _attack(part, number, part.set, cut(part.text, rng, 900))


def _own_attacks(pool: Ingredients, rng: random.Random) -> Iterator[Sample]:
    chat = [p.text for p in pool.chat if len(p.text) < 400]
    asked = [p.text for p in pool.harmful if len(p.text) < 300] + chat[:3000]
    for part in phrases("attacks", "jailbreak") * 5:
        filled = _BLANK.sub(lambda _: rng.choice(asked), part.text)
        shown = typed(filled, rng) if rng.random() < 0.15 else filled
        yield _attack(part, JAILBREAK, "own_jailbreak", shown)
    for part in phrases("attacks", "direct") * 5:
        payload = typed(part.text, rng) if rng.random() < 0.15 else part.text
        if rng.random() < 0.25:
            lead = rng.choice(chat) + "\n"
            span = (len(lead), len(lead) + len(payload))
            yield _attack(part, INJECTION, "own_direct", lead + payload, span=span)
        else:
            yield _attack(part, INJECTION, "own_direct", payload)


def _composed_attacks(pool: Ingredients, rng: random.Random) -> Iterator[Sample]:
    """A trigger and what it leads to, alone, after a question, or inside something pasted."""
    chat = [p.text for p in pool.chat if len(p.text) < 400]
    carriers = list(pool.carriers())
    for _ in range(4500):
        trigger, goal = rng.choice(pool.triggers), rng.choice(pool.goals + pool.harmful[:400])
        payload = f"{trigger.text} {goal.text}"
        roll = rng.random()
        if roll < 0.4:
            whole, span = payload, (0, len(payload))
        elif roll < 0.7:
            lead = rng.choice(chat) + "\n"
            whole, span = lead + payload, (len(lead), len(lead) + len(payload))
        else:
            whole, span = insert(cut(rng.choice(carriers).text, rng, 500), payload, rng)
        sets = frozenset({trigger.set, goal.set})
        is_held = held(trigger.text) or held(goal.text)
        yield Sample(whole, "user", INJECTION, "trigger_goal", sets, is_held, span, trigger.lang)


def _attack(
    part: Part,
    label: int,
    family: str,
    text: str,
    *,
    span: tuple[int, int] | None = None,
    spanned: bool = True,
) -> Sample:
    where = span or ((0, len(text)) if spanned else None)
    sets = frozenset({part.set})
    return Sample(text, "user", label, family, sets, held(part.text), where, part.lang)
