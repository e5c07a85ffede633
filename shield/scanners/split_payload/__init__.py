"""Payloads divided over turns, fields, documents, arguments, file names, variables and parts.

Each segment is read once for what could be a piece of something larger; pieces of a kind are
then joined in order, or in the order that the text asks for. What they read as is shown to
the scanners that judge a text alone, by their own thresholds; here pattern rules that only the
whole matches count more, since harmless texts are seldom cut inside an order. Only what the
newest segments complete is reported, so that a history is not blamed twice.

Detects: phrases that match a rule only across pieces; text that the injection classifiers, where the
policy has loaded them, hold for an attack once joined as a text asks (`ordered`); variables,
numbered parts, quoted and labelled pieces, cells, comments, words in capitals, acrostics, every
n-th word; many-shot blocks, in which an assistant always complies; whether a client sends its
history or only the newest message of a session.
Misses: pieces with fillers that look like pieces themselves; ciphers and riddles; what is
older than the session's memory, and pieces beyond the newest 6,000 characters of their kind.
False positives: forms and lists whose neighbouring values read as an order, few-shot prompts whose
answers are all alike; measured in the report.
Cost: a few pattern searches over at most 6,000 characters of pieces, and the models over 1,500 and,
where a text asks to join, 2,000; nothing where there are no new pieces.
References: OWASP LLM01:2025 scenario 6 (payload splitting); Anil et al. 2024 (many-shot jailbreaking).
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Literal

import regex
from msgspec.structs import replace

from shield.policy.schema import SEVERITIES
from shield.scanners import NoOptions, Services
from shield.scanners.split_payload.groups import Group, strings
from shield.scanners.split_payload.opinion import opinion
from shield.text.canonical import canonical
from shield.text.fragments import CAPS, PLAIN, cues, fragments
from shield.text.patterns import Match, PatternSet
from shield.text.pieces import Piece, Reading, Text, readings
from shield.text.shots import shots
from shield.text.views import expand
from shield.types import (
    Checkpoint,
    Finding,
    Joined,
    Note,
    Segment,
    Severity,
    Source,
    Subject,
    Surface,
)
from shield.view import View

_SPOKEN = frozenset({Source.SYSTEM, Source.ASSISTANT})
_CUE_ENDS = 8_000  # characters at each end of a long text that are searched for orders to join
_ALL_VIEWS = 1_000  # a longer reading is read in its canonical view only
_TO_JUDGE = 4  # readings that the classifiers look at
_WORTH = 0.2  # a lower score is no finding
_SHOTS = "shots:"  # the kind of a note of a script, with its score behind it
_SURE, _CERTAIN = 0.8, 0.9  # scores from which a script, and the classifiers, weigh enough alone
_CUT, _CUT_CHARS = "[REDACTED:", 80  # how a placeholder for a whole text begins, and its length
_BETWEEN = regex.compile(r"[\W_]+")
_MESSAGES = {
    "over-turns": "Messages that are harmless alone form an injection together.",
    "over-fields": "Fields that are harmless alone form an injection together.",
    "over-names": "Names of files or documents form an injection.",
    "over-arguments": "Arguments of a call form an injection together.",
    "assembled": "The text tells how to put an injection together.",
    "ordered": "The text asks to join pieces that read as an injection.",
    "many-shot": "A script of many answers in which an assistant complies waits for one more.",
}


class SplitPayload:
    """See the module's docstring."""

    id: ClassVar[str] = "split_payload"
    tier: ClassVar[int] = 1
    scope: ClassVar[Literal["segment", "subject"]] = "subject"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT, Checkpoint.ACTION})
    models: ClassVar[tuple[str, ...]] = ()
    Options = NoOptions

    def __init__(self, options: NoOptions, services: Services) -> None:
        self._rules = {rule.id: rule for rule in services.rules}
        self._patterns = services.patterns
        self._seconds = services.pattern_seconds
        self._engine = services.engine

    def note(self, segment: Segment) -> Iterator[Note]:
        """The pieces of a segment, and the words that ask to join some."""
        if not _read(segment):
            return
        yield from fragments(segment.text)
        text = segment.text
        ends = (text,) if len(text) <= 2 * _CUE_ENDS else (text[:_CUE_ENDS], text[-_CUE_ENDS:])
        for number, end in enumerate(ends):
            shift = number * (len(text) - len(end))
            plain = canonical(end)
            if score := shots(plain.text).score:
                yield Note(f"{_SHOTS}{score}", shift, shift + len(end))
            for cue in cues(plain.text):
                start, stop = plain.source_span(cue.start, cue.end)
                yield Note(cue.kind, shift + start, shift + stop)

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a rule that only joined pieces match, and one for what classifiers say.

        Raises:
            TimeoutError: the patterns took longer than the policy allows.
        """
        until = time.monotonic() + self._seconds
        for group in self._groups(subject):
            orders = group.orders
            shown = [r for r in readings(group.texts) if orders or any(p.fresh for p in r.pieces)]
            found = {f.rule: f for one in shown for f in self._matched(one, group, orders, until)}
            if not found and subject.checkpoint is Checkpoint.INPUT:
                found = {f.rule: f for f in self._judged(shown, group, orders)}
            yield from found.values()
            yield from self._scripted(group, shown)

    def joined(self, subject: Subject) -> Iterator[Joined]:
        """What new pieces read as, for the scanners that judge a text alone."""
        for group in self._groups(subject) if subject.checkpoint is Checkpoint.INPUT else ():
            asked = bool(group.orders)
            for one in readings(group.texts):
                if _is_loose(one) and (asked or one.asked or (len(one.homes) > 1 and one.runs_on)):
                    if made := group.joined(one):
                        yield made

    def _scripted(self, group: Group, shown: Sequence[Reading]) -> Iterator[Finding]:
        """A many-shot block in a new text, or in what one completes: the one that scores highest."""
        found: list[tuple[float, list[Piece]]] = []
        for text in (t for t in group.texts if t.fresh and t.home in group.places):
            for note in text.notes:
                if note.kind.startswith(_SHOTS):
                    whole = text.text[note.start : note.end]
                    piece = Piece(whole, text.home, note.start, note.kind, fresh=True)
                    found.append((float(note.kind.removeprefix(_SHOTS)), [piece]))
        found += [
            (shots(canonical(one.text).text).score, [*one.pieces])
            for one in shown
            if one.pieces[0].kind == PLAIN and not one.asked and len(one.homes) > 1
        ]
        score, pieces = max(found, default=(0.0, []), key=lambda pair: pair[0])
        if score:
            made = self._finding("many-shot", group, pieces, score)
            yield made if score >= _SURE else replace(made, severity=Severity.WARNING)

    def _groups(self, subject: Subject) -> Iterator[Group]:
        if subject.call is not None:
            values = (a.value for a in subject.call.arguments if isinstance(a.value, str))
            yield strings(values, "over-arguments")
        if not subject.segments:
            return  # what is not new was judged when it was
        both = (*subject.history, *subject.segments)
        notes = subject.notes or tuple(tuple(self.note(segment)) for segment in both)
        first = len(subject.history)
        spoken = [n for n, s in enumerate(both) if s.source is Source.USER]
        back = {n: len(spoken) - 1 - rank for rank, n in enumerate(spoken)}
        for surface in (Surface.USER, Surface.DATA):
            homes = [n for n, s in enumerate(both) if _read(s) and s.surface is surface]
            texts = tuple(
                Text(both[n].text, n, notes[n], n >= first and n - first not in subject.known)
                for n in homes
            )
            if any(text.fresh for text in texts):
                kind = "over-turns" if surface is Surface.USER else "over-fields"
                places = {n: n - first for n in homes if n >= first}
                yield Group(surface, kind, texts, places, back)
                names = (o.name for n in homes if n >= first for o in both[n].label.origins)
                yield strings(map(_worded, dict.fromkeys(names)), "over-names")

    def _matched(
        self, one: Reading, group: Group, orders: Sequence[Piece], until: float
    ) -> Iterator[Finding]:
        for view in _views(one):
            for match in self._patterns.find(view, until):
                rule = self._rules[match.rule]
                pieces = one.touched(*view.source_span(match.start, match.end))
                if (
                    SEVERITIES[rule.severity] >= Severity.ERROR
                    and (orders or any(p.fresh for p in pieces))
                    and not self._is_alone(match, pieces, group, until)
                ):
                    slug = "assembled" if one.asked else group.kind
                    yield self._finding(slug, group, [*pieces, *orders], 1.0, rule.tags)

    def _is_alone(self, match: Match, pieces: Sequence[Piece], group: Group, until: float) -> bool:
        """True when one piece says it all: then other scanners have seen it."""
        if group.kind == "over-names":
            return False
        if len({(p.home, p.start) for p in pieces}) < 2:
            return True
        rule = self._rules[match.rule]
        alone = PatternSet.of([(rule.id, rule.pattern, rule.keywords)])
        return any(True for p in pieces for _ in alone.find(_canonical(p.text), until))

    def _judged(
        self, shown: Sequence[Reading], group: Group, orders: Sequence[Piece]
    ) -> Iterator[Finding]:
        """What the classifiers make of what the text asks to join: the highest score."""
        loose = [r for r in shown if (orders or r.asked) and _is_loose(r)]
        scored = [
            (opinion(self._engine, one.text, group.surface), number)
            for number, one in enumerate(loose[:_TO_JUDGE])
        ]
        score, best = max(scored, default=(0.0, 0))
        if score >= _WORTH:
            found = self._finding("ordered", group, [*loose[best].pieces, *orders], score)
            yield found if score >= _CERTAIN else replace(found, severity=Severity.NOTICE)

    def _finding(
        self,
        slug: str,
        group: Group,
        pieces: Sequence[Piece],
        score: float,
        tags: tuple[str, ...] = ("owasp:llm01",),
    ) -> Finding:
        return Finding(
            rule=f"split_payload/{slug}",
            scanner=self.id,
            severity=Severity.CRITICAL,
            score=score,
            message=_MESSAGES[slug],
            spans=group.spans(pieces),
            tags=tags,
            surface=group.surface,
            turns=group.turns(pieces),
        )


def _read(segment: Segment) -> bool:
    return segment.source not in _SPOKEN and not _is_cut(segment.text)


def _is_cut(text: str) -> bool:
    return text.startswith(_CUT) and len(text) < _CUT_CHARS


def _is_loose(one: Reading) -> bool:
    """True for a reading in words."""
    return one.separator == " " and one.pieces[0].kind != CAPS


def _worded(name: str) -> str:
    """The words of a file's name, without its folders and its extension."""
    last = name.rstrip("/").rpartition("/")[2]
    return _BETWEEN.sub(" ", last.rpartition(".")[0] or last).strip()


def _views(one: Reading) -> tuple[View, ...]:
    """What the rules read: without spaces where pieces are shorter than words."""
    if one.is_tight and not one.separator:
        plain = canonical(one.text)
        return (View("despaced", plain.text, parent=plain),)
    if len(one.text) <= _ALL_VIEWS:
        return tuple(view for view in expand(one.text).views if view.kind != "raw")
    return (canonical(one.text),)


def _canonical(text: str) -> View:
    return View("canonical", canonical(text).text)
