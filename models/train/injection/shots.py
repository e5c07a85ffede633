"""Many-shot texts of the surface `user`: made-up exchanges in which an assistant does all it is asked.

Harmful requests that were complied with are a jailbreak; the same shapes around everyday questions,
and examples for a classification, are what honest people paste.
"""

import json
import random
from collections.abc import Iterator

from models.train.injection.ingredients import Ingredients
from models.train.injection.sample import JAILBREAK, Part, Sample, benign, cut, held

_SHAPES = (
    ("User: {}", "Assistant: {}"),
    ("Human: {}", "AI: {}"),
    ("Q: {}", "A: {}"),
    ("### Question\n{}", "### Answer\n{}"),
    ("**Me:** {}", "**Bot:** {}"),
    ("<|user|>{}", "<|assistant|>{}"),
    ("[INST] {} [/INST]", "{}"),
    ("> {}", "{}"),
    ("Nutzer: {}", "Assistent: {}"),
    ("Usuario: {}", "Asistente: {}"),
    ("Utilisateur : {}", "Assistant : {}"),
    ("用户：{}", "助手：{}"),
    ("Пользователь: {}", "Ассистент: {}"),
)
_YES = (
    "Sure, here is how. First",
    "Of course! You start with",
    "Absolutely. The steps are",
    "No problem:",
    "Happy to help.",
    "Here you go:",
    "Yes.",
    "Good question.",
    "Klar, so geht es:",
    "Claro, así se hace:",
    "Bien sûr, voici comment :",
    "当然，步骤如下：",
    "Конечно, вот как:",
)
_TAGS = ("positive", "negative", "neutral", "spam", "ham", "billing", "bug", "yes", "no")
_ATTACKS, _HONEST, _LABELLED = 1000, 900, 250
_LONGEST = 160  # characters of a question


def texts(pool: Ingredients, rng: random.Random) -> Iterator[Sample]:
    """Attacks, and their honest twins."""
    asked = [p for p in pool.chat if len(p.text) < _LONGEST]
    banned = [p for p in pool.harmful if len(p.text) < _LONGEST]
    prose = [p.text for p in pool.documents if len(p.text) > _LONGEST]
    for _ in range(_ATTACKS):
        shown, parts = _exchanges(banned, prose, rng)
        sets = frozenset(p.set for p in parts)
        is_held = held(parts[-1].text)
        yield Sample(shown, "user", JAILBREAK, "many_shot", sets, is_held, (0, len(shown)))
    for _ in range(_HONEST):
        shown, parts = _exchanges(asked, prose, rng)
        yield benign(parts[-1], "user", "exchanges", shown)
    for _ in range(_LABELLED):
        parts = rng.sample(asked, rng.randrange(4, 10))
        lines = [f"Text: {p.text}\nLabel: {rng.choice(_TAGS)}" for p in parts[:-1]]
        yield benign(
            parts[-1], "user", "exchanges", "\n\n".join([*lines, f"Text: {parts[-1].text}\nLabel:"])
        )


def _exchanges(asked: list[Part], prose: list[str], rng: random.Random) -> tuple[str, list[Part]]:
    """Some answered questions and one that is not; the questions."""
    parts = rng.sample(asked, rng.randrange(4, 17))
    answers = [f"{rng.choice(_YES)} {cut(rng.choice(prose), rng, 70).strip()}" for _ in parts[1:]]
    if rng.random() < 0.12:
        return _messages(parts, answers), parts
    ask, answer = rng.choice(_SHAPES)
    lines = [
        f"{ask.format(part.text)}\n{answer.format(said)}"
        for part, said in zip(parts, answers, strict=False)
    ]
    lines.append(ask.format(parts[-1].text))
    return rng.choice(("\n", "\n\n")).join(lines), parts


def _messages(parts: list[Part], answers: list[str]) -> str:
    found = []
    for part, said in zip(parts, answers, strict=False):
        found += [
            {"role": "user", "content": part.text},
            {"role": "assistant", "content": said},
        ]
    found.append({"role": "user", "content": parts[-1].text})
    return json.dumps(found, ensure_ascii=False)
