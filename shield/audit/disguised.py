"""Attacks in disguise: the last message of a case, or the turns that carry it now."""

from collections.abc import Iterable, Iterator
from random import Random
from typing import NamedTuple

from msgspec.structs import replace

from shield.audit.corpus import Case, Kind, Turn
from shield.audit.mutate import TRANSFORMS, Transform, both, pairs
from shield.types import Source

# Already disguised, or no order in words: another disguise over them says nothing.
_OTHER = frozenset(
    {
        "action_hijack",
        "encoded_instructions",
        "hidden_text",
        "pii_exposure",
        "secrets_output",
        "split_payload",
        "typoglycemia",
    }
)
_LONGEST = 1_500  # characters of a message; a matrix of long documents would take hours
_REPLY = "Noted."


class Run(NamedTuple):
    """A case in one disguise: the names of its transforms, none for the case as it is."""

    names: tuple[str, ...]
    group: str
    case: Case


def plain(cases: Iterable[Case], seed: int) -> list[Case]:
    """The attacks that a matrix is made of, shuffled."""
    found = [case for case in cases if _is_order(case)]
    Random(seed).shuffle(found)  # noqa: S311 — the same order every time
    return found


def alone(attacks: list[Case], most: int, seed: int) -> Iterator[Run]:
    """Every transform on as many attacks as asked for, as far as it can change them."""
    for transform in TRANSFORMS.values():
        made = 0
        for number, case in enumerate(attacks):
            turns = transform(message(case), seed + number)
            if made < most and turns != (message(case),):
                made += 1
                yield Run((transform.name,), case.group, disguised(case, turns, transform.name))


def paired(attacks: list[Case], most: int, seed: int) -> Iterator[Run]:
    """A sample of pairs, each on one attack that both of its transforms change."""
    rng = Random(seed)  # noqa: S311 — the same sample every time
    made = 0
    for number, (first, second) in enumerate(rng.sample(pairs(), len(pairs()))):
        for case in rng.sample(attacks, len(attacks)) if made < most else ():
            if turns := _both(first, second, message(case), seed + number):
                names = first.name, second.name
                made += 1
                yield Run(names, case.group, disguised(case, turns, "+".join(names)))
                break


def _both(first: Transform, second: Transform, text: str, seed: int) -> tuple[str, ...]:
    once = first(text, seed)
    turns = both(first, second, text, seed)
    return turns if once not in {(text,), turns} else ()


def _is_order(case: Case) -> bool:
    last = case.line.turns[-1]
    return (
        case.kind is Kind.ATTACK
        and case.group not in _OTHER
        and last.source in {Source.USER, Source.DOCUMENT, Source.TOOL}
        and len(last.text or "") <= _LONGEST
    )


def message(case: Case) -> str:
    """What is disguised: the text of the last turn."""
    return case.line.turns[-1].text or ""


def disguised(case: Case, turns: tuple[str, ...], name: str) -> Case:
    """The case with other last turns; the model answers between those of the user."""
    *before, last = case.line.turns
    shown: list[Turn] = []
    for text in turns:
        if shown and last.source is Source.USER:
            shown.append(Turn(Source.ASSISTANT, _REPLY))
        shown.append(replace(last, text=text))
    # An identity of its own: what other disguises left in a session must not help.
    line = replace(case.line, id=f"{case.id}~{name}", turns=(*before, *shown))
    return replace(case, line=line)
