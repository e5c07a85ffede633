"""Texts of the surface `data`: documents and tool outputs, clean and poisoned.

A goal, with or without a trigger, or a whole note, is put into a carrier at a sentence
boundary, and the same carrier without it is the clean twin, so that the model cannot
learn the carrier. Ordinary requests are benign as user messages and injections inside data.
"""

import random
from collections import defaultdict
from collections.abc import Iterator

from models.train.injection.ingredients import Ingredients
from models.train.injection.sample import (
    INJECTION,
    JAILBREAK,
    Part,
    Sample,
    benign,
    cut,
    held,
    insert,
)

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
# Shapes in which notes stand, honest ones as well as attacks.
SHAPES = (
    '{{"id": {n}, "note": "{}"}}',
    '{{"status": "ok", "results": [{{"title": "{n}", "description": "{}"}}]}}',
    "<p>{}</p>",
    "<li>{}</li>\n<li>{n}</li>",
    "> {}",
    "- {}",
    "# {}",
    "// {}",
    "note: |\n  {}",
    "| {n} | {} |",
    "**Note:** {}",
    "[{n}] {}",
    "Subject: Re: {n}\n\n{}",
    "comment_{n}: '{}'",
)
_CARRIED, _WHOLE = 14_000, 3_500


def texts(pool: Ingredients, rng: random.Random) -> Iterator[Sample]:
    """All of them, benign and attacks."""
    yield from _clean(pool, rng)
    yield from _asides(pool, rng)
    yield from _carried(pool, rng)
    yield from _whole(pool, rng)
    yield from _public(pool, rng)


def _clean(pool: Ingredients, rng: random.Random) -> Iterator[Sample]:
    shares = (
        ("code", pool.code, 1800, 900),
        ("manual", pool.manuals, 4500, 900),
        ("tool_output", pool.tool_outputs, 1500, 900),
        ("dialogue", pool.dialogues, 900, 700),
        ("multilingual", pool.multilingual_chat, 1000, 600),
    )
    for family, parts, count, chars in shares:
        for part in rng.sample(parts, min(count, len(parts))):
            yield benign(part, "data", family, cut(part.text, rng, chars))


def _asides(pool: Ingredients, rng: random.Random) -> Iterator[Sample]:
    """Honest notes, alone and inside carriers."""
    carriers = list(pool.carriers())
    for part in pool.asides * 4:
        shown = _shaped(part.text, rng)
        if rng.random() < 0.4:
            shown, _ = insert(cut(rng.choice(carriers).text, rng, 400), shown, rng)
        yield benign(part, "data", "hard_negative", shown)


def _carried(pool: Ingredients, rng: random.Random) -> Iterator[Sample]:
    """Attacked carriers and, of each, the clean twin."""
    carriers = list(pool.carriers())
    draw = _Draw(pool, rng)
    for _ in range(_CARRIED):
        carrier = rng.choice(carriers)
        shown = cut(carrier.text, rng, rng.choice((150, 250, 400, 600, 1000)))
        family, payload, sets, is_held = draw.payload(carrier.lang)
        whole, span = insert(shown, _shaped(payload, rng), rng)
        yield Sample(whole, "data", INJECTION, family, sets, is_held, span, carrier.lang)
        if rng.random() < 0.7:
            yield benign(carrier, "data", "carrier", shown)


def _whole(pool: Ingredients, rng: random.Random) -> Iterator[Sample]:
    """Attacks that are the whole document."""
    draw = _Draw(pool, rng)
    for _ in range(_WHOLE):
        family, payload, sets, is_held = draw.payload("")
        if family != "bare_goal":
            shown = _shaped(payload, rng)
            span = (0, len(shown))
            yield Sample(shown, "data", INJECTION, f"whole_{family}", sets, is_held, span)


def _public(pool: Ingredients, rng: random.Random) -> Iterator[Sample]:
    """Poisoned texts of the public sets, around the payload, and jailbreaks in documents."""
    for row in pool.indirect:
        if row["label"] != "indirect_injection":
            continue
        text, needle = row["text"], str(row.get("attack") or "")
        if row["set"] == "agentdojo_tool_outputs":
            needle = str(row.get("injection_goal") or "")
        at = text.find(needle[:60]) if needle else -1
        if at < 0:
            continue
        start = max(0, at - rng.randrange(50, 300))
        piece = text[start : at + len(needle) + rng.randrange(50, 300)]
        span = (at - start, at - start + len(needle)) if row["set"] == "bipia" else None
        sets = frozenset({str(row["set"])})
        yield Sample(piece, "data", INJECTION, str(row["set"]), sets, held(needle), span)
    wild = pool.parts("injection_direct", lambda r: r["set"] == "jailbreak_llms_itw")
    for part in wild:
        shown, sets = cut(part.text, rng, 450), frozenset({part.set})
        yield Sample(shown, "data", JAILBREAK, "jailbreak_text", sets, held(part.text))


def _shaped(text: str, rng: random.Random) -> str:
    """A fifth of the notes stand in a field, a list, a comment, a cell."""
    if rng.random() < 0.8:
        return text
    return rng.choice(SHAPES).format(text, n=rng.randrange(100, 99_999))


class _Draw:
    """Chooses payloads, half of the time in the carrier's language."""

    def __init__(self, pool: Ingredients, rng: random.Random) -> None:
        self._pool, self._rng = pool, rng
        self._notes: dict[str, list[Part]] = defaultdict(list)
        for note in pool.notes:
            self._notes[note.lang].append(note)

    def payload(self, lang: str) -> tuple[str, str, frozenset[str], bool]:
        """Family, text, sets, held."""
        rng, pool = self._rng, self._pool
        near = self._notes.get(lang[:2], [])
        if len(near) >= 5 and lang != "en" and rng.random() < 0.5:
            note = rng.choice(near)
            return "note", note.text, frozenset({note.set}), held(note.text)
        goal, roll = rng.choice(pool.goals), rng.random()
        if roll < 0.27:
            trigger = rng.choice(pool.triggers)
            text, sets = f"{trigger.text} {goal.text}", frozenset({trigger.set, goal.set})
            return "trigger", text, sets, held(goal.text) or held(trigger.text)
        if roll < 0.42:
            text = rng.choice(LEADS).format(goal.text)
            return "lead", text, frozenset({goal.set}), held(goal.text)
        if roll < 0.5:
            return "bare_goal", goal.text, frozenset({goal.set}), held(goal.text)
        if roll < 0.6:
            order = rng.choice(pool.orders)
            return "order", order.text, frozenset({order.set}), held(order.text)
        note = rng.choice(pool.notes)
        return "note", note.text, frozenset({note.set}), held(note.text)
