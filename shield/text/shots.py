"""Scripted conversations in one text: runs of question and answer that end before the last answer.

Many-shot attacks show a model dozens of answers in which an assistant always complies, so that
it goes on doing so. Honest few-shot prompts have the same form; what tells them apart is what
the answers say and what the questions are about.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import regex
from msgspec import Struct

from shield.text.topics import STRONG, WEAK, signs

FEWEST = 4
_LINES, _LINE = 400, 240
_LABEL = regex.compile(r"[\W_\d]{0,8}([^\W\d_][\w' ]{0,14}?)\s?[:：>]\s*(.*)", regex.S)
# Between question and answer on one line, the rarest first.
_BETWEEN = tuple(
    regex.compile(pattern)
    for pattern in (
        r"\s?(?:=>|->|→|>>)\s?",
        r"<o>|<reply>|<answer>|<output>",
        r"\s?(?:\||//)\s?(?:\w{1,10}\s?[:：])?\s?",
        r"\s(?:/|--|[-–—])\s(?:\w{1,10}\s?[:：])?\s?",
        r"(?<![^\W_])(?:a|r|o|out|output|ans|answer|antwort|reponse|respuesta|risposta|resposta|model|reply|bot|ai|ответ|जवाब|جواب|답|答)\s?[:：]\s?",
        r"\?\s(?=a\s)",
        r"[?？]\s",
    )
)
_COMPLIES = regex.compile(
    r"[\W_]*(?:(?:ok|okay|yes|yep|si|oui|ja|da)\W{1,3}(?=\w|[\[<(])|sure|okay!|of course|certainly|absolutely|gladly|done|here|lesson|step|told|sent|received|told|moved|carried|explained"
    r"|klar|naturlich|gerne|sicher|erledigt|bien sur|d'accord|voila|claro|por supuesto|hecho|certo|ecco|fatto|feito|jasne|zeker|tabii|tamam"
    r"|конечно|готово|好的|当然|好|もちろん|물론|बिल्कुल|ज़रूर|بالتأكيد)(?!\w)|\s*[\[<({][^\])>}]{1,40}[\])>}]|\W*\.\.\.",
    regex.I,
)


class Shots(Struct, frozen=True):
    """How many answered questions stand in a run, whether one more waits for its answer, and what
    share of the answers is alike, complies, or answers a question about something risky.
    """

    count: int
    is_open: bool
    alike: float
    complying: float
    risky: float

    @property
    def score(self) -> float:
        """From 0 to 1: an even score when two signs of four come together."""
        if self.count < FEWEST:
            return 0.0
        signs_of = (
            self.is_open,
            self.complying >= 0.5,
            self.alike >= 0.8 and self.count > FEWEST,
            self.risky >= 0.3,
        )
        return (0.1, 0.3, 0.6, 0.8, 0.95)[sum(signs_of)]


NONE = Shots(0, is_open=False, alike=0.0, complying=0.0, risky=0.0)


def shots(plain: str) -> Shots:
    """The run with most answers in a canonical text."""
    lines = [line[:_LINE] for line in plain.split("\n") if line.strip()]
    if len(lines) > _LINES:
        lines = lines[: _LINES // 2] + lines[-_LINES // 2 :]
    if len(lines) < FEWEST:
        return NONE
    found = [_in_pairs_of_lines(lines), *(_in_lines(lines, between) for between in _BETWEEN)]
    return max(found, key=lambda run: (run.count >= FEWEST, run.score, run.count))


def _in_pairs_of_lines(lines: Sequence[str]) -> Shots:
    """A label that asks and another that answers, in turn."""
    labelled = [(m[1].strip(), m[2].strip()) for m in map(_LABEL.match, lines) if m]
    follows = Counter((one[0], two[0]) for one, two in pairwise(labelled) if one[0] != two[0])
    if not follows:
        return NONE
    (asks, answers), _ = follows.most_common(1)[0]
    pairs: list[tuple[str, str]] = []
    question = ""
    for label, rest in labelled:
        if label == asks:
            question = rest
        elif label == answers and question:
            pairs.append((question, rest))
            question = ""
    return _run(pairs, waits=bool(question))


def _in_lines(lines: Sequence[str], between: "regex.Pattern[str]") -> Shots:
    """Question and answer on one line, with the same sign between them."""
    pairs: list[tuple[str, str]] = []
    for line in lines:
        parts = between.split(line, maxsplit=1)
        if len(parts) == 2 and parts[0].strip():
            pairs.append((parts[0], parts[1].strip()))
    last = lines[-1]
    waits = bool(pairs) and (between.search(last) is None and last.rstrip()[-1:] in "?？")
    return _run(pairs, waits=waits)


def _run(pairs: Sequence[tuple[str, str]], *, waits: bool) -> Shots:
    """`waits`: a question stands at the end without its answer."""
    last = pairs[-1][1] if pairs else ""
    begun = len(last) < 3 or last[-1] in ":>=" or (len(last) <= 8 and bool(_COMPLIES.match(last)))
    is_open = waits or (bool(pairs) and begun)
    answered = [pair for pair in pairs if len(pair[1]) >= 2]
    if len(answered) < FEWEST:
        return NONE
    heads = Counter(answer[:8] for _, answer in answered)
    return Shots(
        count=len(answered),
        is_open=is_open,
        alike=heads.most_common(1)[0][1] / len(answered),
        complying=sum(_COMPLIES.match(answer) is not None for _, answer in answered)
        / len(answered),
        risky=sum(_is_risky(question) for question, _ in answered) / len(answered),
    )


def _is_risky(question: str) -> bool:
    return any(note.kind.partition(":")[0] in {STRONG, WEAK} for note in signs(question))
