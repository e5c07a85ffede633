"""The system prompt in the answer.

Detects: canary tokens of the system prompt (`shield.text.canary`), whole or in long parts; its
instructions repeated word for word, in any view of the answer (decoded, reversed, spelled out,
other letters), or in other order and person; with `embedder`, also in other words; with `translations`,
in another language, by the numbers, names and codes that a translation leaves as they are.
Misses: translations of instructions that hold none of these; paraphrases where the embedder is not on; single
facts of the prompt; a prompt of a few words.
False positives: answers that state a rule which the prompt gives for stating. What the prompt tells in
sentences that instruct nobody, such as opening hours, counts only when most of it is repeated.
Cost: linear; 1 ms a thousand characters of prompt and answer and view.
References: vigil and rebuff (canary tokens); OWASP LLM07:2025; MITRE ATLAS AML.T0056.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Literal

import regex
from msgspec import Struct

from shield.document import Document
from shield.errors import InferenceError
from shield.scanners import Services
from shield.text.anchors import anchors, held
from shield.text.canary import canaries, repeats
from shield.text.canonical import canonical
from shield.text.languages import LEAST, expected, foreign, weight
from shield.text.overlap import (
    Word,
    common,
    indexed,
    nearest,
    places,
    read,
    sentences,
    shingles,
    spelled,
    telling,
)
from shield.text.views import expand
from shield.types import Checkpoint, Finding, Segment, Severity, Source, Span, Subject
from shield.view import View

_MODEL = "embedder"
_MOST_SENTENCES = 200  # that are compared by meaning and out of order
_SEVERAL = 2  # instructions: an answer that follows the only one is near to it
_HEAD, _FOREIGN = 2_000, 0.5
_ENGLISH = expected(["en"])
_LEAST_TELLING = 4
_ORDERLESS = 0.8  # share of a sentence's telling words
_FEW = 30  # words of a prompt under which its share says nothing
_MOSTLY = 0.7
_SHORT = 8  # words of an instruction that is told in full
_CANARY, _WORDS, _MEANING, _TRANSLATED = "canary", "instructions", "paraphrase", "translation"
_MESSAGES = {
    _CANARY: "The answer holds a canary token of the system prompt.",
    _WORDS: "The answer repeats instructions of the system prompt.",
    _MEANING: "The answer says what the system prompt instructs, in other words.",
    _TRANSLATED: "The answer tells instructions of the system prompt in another language.",
}
# What tells an instruction from a fact: it addresses the model.
_INSTRUCTS = regex.compile(
    r"\b(?:you(?:'re|r)?|never|always|do not|don't|must(?: not)?|refuse|decline|ignore|pretend|keep|avoid|reply|respond"
    r"|answer (?:only|in|with)|only (?:answer|talk|use)|if (?:a |the |any)?(?:user|customer|caller|client|visitor|someone|asked)"
    r"|instructions?|confidential|secret|internal|reveal|disclose|say that|tell (?:the|them|users)|act as|role"
    r"|du|dein\w*|niemals|nie|immer|antworte|verrate|sage|nenne|geheim|vertraulich|anweisung\w*"
    r"|tu|vous|votre|jamais|toujours|reponds|ne (?:revele|mentionne|donne)\w*|confidentiel\w*"
    r"|nunca|siempre|responde|eres|no (?:reveles|menciones|digas)|secreto|usted"
    r"|sei|non (?:rivelare|dire)|rispondi|mai|voce|jamais|responda|jij|je bent|nooit|altijd)\b"
    r"|不要|不得|必须|你是|绝不|あなたは|しないで|ください|нельзя|никогда|всегда|ты |вы "
)
_ORDERS = regex.compile(
    r"^\W*(?:\d+[.)]\s*)?(?:recommend|ask|flag|give|use|offer|suggest|tell|send|write|start|begin|end|make|check|treat"
    r"|follow|provide|help|explain|translate|summari[sz]e|hand|escalate|report|stay|speak|address|call|include|add|assume"
    r"|consider|focus|limit|praise|redirect|return|transfer|mention|do|verweise|frage|biete|erklare|schreibe|nutze"
    r"|propose|demande|dis|utilise|ecris|ofrece|pide|di|usa|escribe|ofereca|pergunte|chiedi|offri|usa|scrivi)\b"
)
_IDENTITY = regex.compile(
    r"^\W*(?:you are|you're|du bist|sie sind|tu es|vous etes|eres|usted es|sei|voce e|jij bent|je bent|你是|あなたは|ты|вы)\b"
)


class PromptLeakOptions(Document):
    """`embedder` looks for paraphrases too, `translations` for instructions in other languages."""

    embedder: bool = False
    translations: bool = False

    def graphs(self) -> tuple[str, ...]:
        """The graphs that are needed."""
        return (_MODEL,) if self.embedder else ()


class _Instruction(Struct, frozen=True):
    """A sentence of a prompt that instructs; `light` for one that only says who the model is."""

    text: str
    words: tuple[Word, ...]
    stems: frozenset[str]
    light: bool


class _Prompt(Struct, frozen=True):
    """A system prompt as answers are compared with it."""

    size: int
    runs: frozenset[tuple[str, ...]]
    instructions: tuple[_Instruction, ...]
    ordered: frozenset[tuple[str, ...]]  # runs of the instructions alone


class _Seen(Struct, frozen=True):
    rule: str
    score: float
    start: int
    end: int


class PromptLeak:
    """See the module's docstring."""

    id: ClassVar[str] = "prompt_leak"
    tier: ClassVar[int] = 1
    scope: ClassVar[Literal["segment", "subject"]] = "subject"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = PromptLeakOptions

    def __init__(self, options: PromptLeakOptions, services: Services) -> None:
        if options.embedder and services.engine is None:
            raise InferenceError("prompt_leak with embedder needs an inference engine")
        self._engine = services.engine if options.embedder else None
        self._translations = options.translations

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a rule and segment; nothing where there is no system prompt."""
        prompts = [s.text for s in subject.intent if s.source is Source.SYSTEM]
        if not prompts:
            return
        tokens = canaries(prompts)
        told = [s.text for s in subject.intent if s.source is not Source.SYSTEM]
        others = [s.text for s in subject.history]
        prompt = _read(prompts, [*told, *others])
        for index, segment in enumerate(subject.segments):
            views = subject.views[index] if index < len(subject.views) else ()
            views = views or expand(segment.text).views
            seen = [one for view in views for one in _in_view(view, prompt, tokens)]
            seen += self._meant(segment, prompt)
            if self._translations:
                seen += _translated(segment.text, prompt, "\n".join((*told, *others)))
            yield from _findings(index, segment, seen)

    def _meant(self, segment: Segment, prompt: _Prompt) -> list[_Seen]:
        """How near the answer's sentences come to all instructions of a prompt that has several."""
        wanted = [one for one in prompt.instructions if not one.light and len(one.stems) > 1]
        told = places(segment.text)[:_MOST_SENTENCES]
        if self._engine is None or len(wanted) < _SEVERAL or not told or _unread(segment.text):
            return []
        shown = [canonical(segment.text[start:end]).text for start, end in told]
        wanted = wanted[:_MOST_SENTENCES]
        asked = self._engine.embed(_MODEL, [canonical(one.text).text for one in wanted])
        near = self._engine.embed(_MODEL, shown) @ asked.T
        best = near.max(axis=0)
        where = told[int(near[:, int(best.argmax())].argmax())]
        return [_Seen(_MEANING, meaning_score(float(best.mean())), *where)]


def _translated(text: str, prompt: _Prompt, others: str) -> list[_Seen]:
    """Sentences of an answer that instruct, and hold what a translation leaves of instructions."""
    wanted = [anchors(one.text) for one in prompt.instructions[:_MOST_SENTENCES] if not one.light]
    whole = frozenset().union(*wanted)
    rare = whole - held(whole, others)
    told: set[str] = set()
    where: list[tuple[int, int]] = []
    for start, end in places(text)[:_MOST_SENTENCES]:
        mine = held(rare, text[start:end])
        if mine and _INSTRUCTS.search(canonical(text[start:end]).text):
            told |= mine
            where.append((start, end))
    if sum(bool(one & told) for one in wanted) < _SEVERAL or len(where) < _SEVERAL:
        return []
    return [_Seen(_TRANSLATED, anchor_score(len(told)), where[0][0], where[-1][1])]


def anchor_score(count: int) -> float:
    """How surely so many numbers, names and codes of instructions are a leak: three 0.33, four 0.67."""
    return 0.5 * (1.0 + math.tanh(0.5 * (count - 3.5) / 0.7))


def _unread(text: str) -> bool:
    """True for a text in a language of which the embedder knows the matter alone, not what is said."""
    head = text[:_HEAD]
    return weight(head) >= LEAST and foreign(head, _ENGLISH) >= _FOREIGN


def meaning_score(cosine: float) -> float:
    """How surely instructions are told in other words, from the mean over all of a prompt's instructions of
    the nearest sentence's cosine: sigmoid((cosine - 0.49) / 0.03).

    0.5 finds four of six paraphrases made up for the tests and none of the English near misses of
    the corpus; the constants were chosen on these.
    """
    return 0.5 * (1.0 + math.tanh(0.5 * (cosine - 0.49) / 0.03))


def run_score(longest: int, words: int) -> float:
    """How surely repeated instructions are a leak: from the longest run of words and all of them.

    Eight words in a row give 0.5, twelve 0.73, twenty 0.95; the same words in short runs less.
    """
    weight = max(longest, 0.6 * words)
    return 0.5 * (1.0 + math.tanh(0.5 * (weight - 8.0) / 4.0))


def _read(prompts: Sequence[str], others: Sequence[str]) -> _Prompt:
    """The prompts, without runs of words that the user or a document holds too."""
    known = frozenset(run for text in others for run in shingles(spelled(text)))
    words = [spelled(text) for text in prompts]
    runs = frozenset(run for one in words for run in shingles(one)) - known
    made = [_instruction(one, known) for text in prompts for one in sentences(text)]
    instructions = tuple({one.stems: one for one in made if one is not None}.values())
    heavy = [one for one in instructions if not one.light]
    ordered = frozenset(run for one in heavy for run in shingles(one.words))
    return _Prompt(sum(map(len, words)), runs, instructions, ordered - known)


def _instruction(sentence: str, known: frozenset[tuple[str, ...]]) -> _Instruction | None:
    """A sentence as an instruction; None for one that instructs nobody, or that others hold too."""
    plain = canonical(sentence).text
    if not _INSTRUCTS.search(plain) and not _ORDERS.search(plain):
        return None
    words = read(plain)
    runs = shingles(words)
    if 2 * len(runs & known) > len(runs):
        return None
    return _Instruction(sentence, words, telling(words), bool(_IDENTITY.search(plain)))


def _in_view(view: View, prompt: _Prompt, tokens: frozenset[str]) -> Iterator[_Seen]:
    place = repeats(view.text, tokens) if tokens else None
    if place:
        yield _Seen(_CANARY, 1.0, *view.source_span(*place))
    if view.kind == "raw":  # says no word that the canonical view does not say
        return
    words = read(view.text)
    for score, first, last in (_in_order(words, prompt), _out_of_order(words, prompt)):
        if score > 0:
            where = view.source_span(words[first].start, words[last - 1].end)
            yield _Seen(_WORDS, score, *where)


def _in_order(words: Sequence[Word], prompt: _Prompt) -> tuple[float, int, int]:
    """The score of runs of words, and where they begin and end."""
    told, whole = common(words, prompt.ordered), common(words, prompt.runs)
    if not whole:
        return 0.0, 0, 0
    told_words = sum(end - start for start, end in told)
    longest = max((end - start for start, end in told), default=0)
    score = run_score(longest, told_words) if told else 0.0
    share = sum(end - start for start, end in whole) / prompt.size
    if prompt.size >= _FEW and share >= _MOSTLY:
        score = max(score, 0.5 + 0.5 * (min(1.0, share) - _MOSTLY) / (1 - _MOSTLY))
    places = told or whole
    return score, places[0][0], places[-1][1]


def _out_of_order(words: Sequence[Word], prompt: _Prompt) -> tuple[float, int, int]:
    """The score of instructions whose telling words stand together, in whatever order."""
    weight, first, last = 0.0, len(words), 0
    index = indexed(words)
    for one in prompt.instructions[:_MOST_SENTENCES]:
        known = sum(stem in index for stem in one.stems)
        if len(one.stems) < _LEAST_TELLING or known < _ORDERLESS * len(one.stems):
            continue
        share, start, end = nearest(one.stems, index)
        if share >= _ORDERLESS:
            weight += 0.25 if one.light else 1.0 if len(one.words) >= _SHORT else 0.7
            first, last = min(first, start), max(last, end)
    score = 1.0 - 0.55**weight if weight else 0.0
    return score, first, last


def _findings(index: int, segment: Segment, seen: Sequence[_Seen]) -> Iterator[Finding]:
    for rule in sorted({one.rule for one in seen}):
        mine = [one for one in seen if one.rule == rule]
        best = max(one.score for one in mine)
        places = {Span(index, one.start, one.end) for one in mine if one.score == best}
        yield Finding(
            rule=f"prompt_leak/{rule}",
            scanner=PromptLeak.id,
            severity=Severity.CRITICAL if rule == _CANARY else Severity.ERROR,
            score=best,
            message=_MESSAGES[rule],
            spans=tuple(sorted(places)),
            tags=("owasp:llm07", "atlas:aml.t0056"),
            surface=segment.surface,
        )
