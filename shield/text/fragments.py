"""Where a text holds something that could be one piece of a larger text.

Pieces are what stands in quotation marks, after a label, a number or a time, in a cell or a
comment, or the whole text when it begins or ends in the middle of a sentence; and the words
that tell the reader to put pieces together. Ranges only; linear in the text.
"""

from collections.abc import Callable, Iterable, Iterator

import regex

from shield.types import Note

QUOTE, VALUE, COMMENT, CAPS, PLAIN = "quote", "value", "comment", "caps", "plain"
NAME, NUMBER, CUE, INITIALS, EVERY, COLUMN = "name", "number", "cue", "initials", "every", "column"
PIECES = frozenset({QUOTE, VALUE, COMMENT, CAPS, PLAIN})
_AROUND = " \t\r\n\f\v\u00a0\u3000'\""
_HEAD, _TAIL = 96, 160  # notes kept of a kind: the first and the last
STOPS = frozenset(".!?…。！？।؟")
_CLOSED = STOPS | frozenset("»”\"')}」』*`|>")

_QUOTED = (
    r"\"[^\"\n]{2,300}+\"|“[^”“\n]{2,300}+”|„[^“”\n]{2,300}+[“”]|«[^»\n]{2,300}+»|「[^」\n]{2,300}+」"
    r"|『[^』\n]{2,300}+』|`[^`\n]{2,300}+`|‘[^’\n]{2,300}+’"
    r"|(?<!\w)'(?:[^'\n]|(?<=\w)'(?=\w)){2,300}+'(?!\w)"
)
_QUOTE = regex.compile(_QUOTED)
_GIVEN = regex.compile(
    r"(?<![\w.])(\w{1,24}+)\s{0,3}(?::=|[:=]|\b(?:is|means?|be|ist|heisst|heißt|bedeutet|est|signifie|es|significa|como"
    r"|e|è|vuol dire|betekent|to|oznacza)\b)\s{0,3}(?:" + _QUOTED + ")",
)
# A short label, a number or a time, and what follows it up to the end of the line or cell.
_LABELLED = regex.compile(
    r"(?:^|(?<=[\n;|(\[{])|(?<=[.!?]\s))[^\S\n]{0,8}(?:[-*•>]\s)?"
    r"(?:[^\s:=|;\n.!?()\[\]{}\"]{1,24}+[^\S\n]){0,6}?([^\s:=|;\n\"()\[\]]{1,32}+)[^\S\n]{0,2}[:=](?!//|\d\d(?!\d))"
    r"[^\S\n]{0,3}([^\n|;\]\[()\"“„«「`]{2,300})"
)
_TIMED = regex.compile(
    r"(?m)^[^\S\n]{0,8}(?:\d{1,2}[:.h]\d{2}(?::\d{2})?|[(\[]?\d{1,3}[)\].:/]|[(\[]?[a-hA-H][)\]])[^\S\n]{1,4}([^\n|]{2,300})"
)
_NUMBERED = regex.compile(
    r"(?i)\b(?:part|teil|partie|parte|deel|cze[sś][cć]|часть|fragment|fragmento|piece|pieza|chunk|step|segment|stuk|bit|line|slice"
    r"|nummer|number|no|nr|n°|#)[^\S\n]{0,2}#?(\d{1,2}|[a-h])\b(?:[^\S\n]{0,2}(?:/|of|von|de|van|di|z)[^\S\n]{0,2}\d{1,2})?"
    r"[^\S\n]{0,3}[:=).\-–—]{0,3}\s{0,3}([^\n|\"“„«「']{2,300})"
)
_CELL = regex.compile(r"(?<=\|)[^\S\n]{0,20}([^\s|][^|\n]{0,200}?)[^\S\n]{0,20}(?=\|)")
_COMMENT = regex.compile(r"(?m)(?:^|\s)(?:#{1,6}|//|--|;;|<!--|/\*)[^\S\n]{1,4}([^\n]{2,300})$")
_CAPS = regex.compile(r"(?<![\w'’])\p{Lu}{2,24}(?![\w'’])")
_TAILS = regex.compile(r"[^\S\n]*(?:-->|\*/)?[^\S\n]*$")

_CUES = (
    r"\b(?:combine|concatenate|join|merge|assemble|append|glue|stitch|interleave|reassemble|reconstruct)[ds]?\b|\b(?:join|combin|merg|assembl|concatenat|glu)ing\b"
    r"|\b(?:put|string|piece|read|take|add)\b[^.\n]{0,40}\b(?:together|as\s+one|in\s+(?:that\s+|this\s+)?order|back\s+to\s+back|in\s+a\s+row)\b"
    r"|\b(?:the|those|these|all|my)\s+(?:\w+\s+)?(?:parts|pieces|fragments|chunks|lines|memos|notes|phrases|strings|halves|bits|slices)\b"
    r"|\bread\b[^.\n]{0,20}\b(?:left\s+to\s+right|top\s+to\s+bottom|down\s+the\s+columns?|row\s+by\s+row)\b|\b(?:as|into)\s+(?:a\s+single|one)\s+(?:message|command|sentence|line|instruction|prompt|text|string|request|order)\b"
    r"|\bjoined\b"
    r"|\bzusammen\w*|\baneinander\b|\bhintereinander\b|\bder\s+reihe\s+nach\b|\bverbinde\b|\bals\s+(?:ein|einen)\s+(?:satz|befehl|text)\b"
    r"|\bassemble[zr]?\b|\bcolle[zr]?\b|\bbout\s+a\s+bout\b|\breuni[st]\w*|\bconcat\w+|\bmets\s+\w+\s+ensemble\b"
    r"|\bjunta\w{0,4}\b|\bseguidos\b|\bcombina\w{0,3}\b|\bune\b|\bjunte\b|\bunisci\w{0,3}\b|\bmetti\w{0,3}\s+insieme\b|\bdi\s+seguito\b"
    r"|\bachter\s+elkaar\b|\bvoeg\b[^.\n]{0,20}\bsamen\b|\bplak\b|\b(?:po|z)[lł]acz\w*|\bbirlestir\w*"
    r"|соедини\w*|объедини\w*|склей\w*|сложи\w*|拼接|拼起来|拼在一起|连起来|合并|组合|つなげ|結合|合わせて|합쳐|이어\s?붙|결합|ادمج|اجمع|اربط|जोड़"
)
_CUE = regex.compile(_CUES)
_INITIALS = regex.compile(
    r"\b(?:first|initial)\s+(?:letters?|characters?)\b|\binitials\b|\bacrostic\w*|\banfangsbuchstaben\b"
    r"|\bpremieres?\s+lettres?\b|\binicia(?:les|is)\b|\bprimeras?\s+letras?\b|\biniziali\b|\bacrostic[ho]\w*|\beerste\s+letters?\b"
    r"|первые\s+буквы|首字|藏头|頭文字"
)
_EVERY = regex.compile(
    r"\b(?:every|each|jede[srn]?|chaque|cada|ogni|elk(?:e)?)\s+(?:second|other|third|fourth|fifth|2nd|3rd|4th|5th|zweite|dritte|vierte"
    r"|deuxieme|troisieme|segunda|tercera|segundo|tercer|seconda|terza|tweede|derde)[nrs]?\s+(?:word|wort|mot|palabra|palavra|parola|woord)"
)

_COLUMN = regex.compile(
    r"\b(?:first|second|third|last|1st|2nd|3rd|erste|zweite|dritte|letzte|premier|deuxieme|dernier|primera|segunda|ultima)[nrs]?"
    r"\s+(?:words?|wort|worter|mots?|palabras?|parola)\s+(?:of|in|from|jeder|der|de|di)\s+(?:each|every|the|all|zeile|chaque|cada|ogni)?"
)


def fragments(text: str) -> tuple[Note, ...]:
    """Notes of what could be pieces and what tells to join them, in the order of the text.

    A `NAME` or `NUMBER` belongs to the piece that follows it.
    """
    found: list[Note] = []
    for finder in _FINDERS:
        found += _ends(finder(text))
    whole = {note for note in found if note.end - note.start > (note.kind in PIECES)}
    return tuple(sorted(whole, key=lambda note: (note.start, -note.end, note.kind)))


def cues(plain: str) -> tuple[Note, ...]:
    """The words of a canonical text that tell to join pieces; offsets are the canonical text's."""
    found: list[Note] = []
    for kind, pattern in _CUES_OF.items():
        found += _ends(Note(kind, m.start(), m.end()) for m in pattern.finditer(plain))
    return tuple(found)


def _ends(notes: Iterable[Note]) -> list[Note]:
    """The first and the last notes: what is kept of a segment is bounded."""
    found = list(notes)
    return found if len(found) <= _HEAD + _TAIL else found[:_HEAD] + found[-_TAIL:]


def _caps(text: str) -> Iterator[Note]:
    """Words in capitals among others; a text all in capitals sets none apart."""
    if not text.isupper():
        for m in _CAPS.finditer(text):
            yield Note(CAPS, *m.span())


def _quotes(text: str) -> Iterator[Note]:
    for m in _QUOTE.finditer(text):
        yield Note(QUOTE, m.start() + 1, m.end() - 1)


def _given(text: str) -> Iterator[Note]:
    for m in _GIVEN.finditer(text):
        yield Note(NAME, *m.span(1))


def _labelled(text: str) -> Iterator[Note]:
    for m in _LABELLED.finditer(text):
        yield Note(NAME, *m.span(1))
        yield Note(VALUE, *_stripped(text, *m.span(2)))


def _listed(text: str) -> Iterator[Note]:
    for pattern in (_TIMED, _CELL):
        for m in pattern.finditer(text):
            yield Note(VALUE, *_stripped(text, *m.span(1)))


def _numbered(text: str) -> Iterator[Note]:
    for m in _NUMBERED.finditer(text):
        yield Note(NUMBER, *m.span(1))
        yield Note(VALUE, *_stripped(text, *m.span(2)))


def _comments(text: str) -> Iterator[Note]:
    for m in _COMMENT.finditer(text):
        tail = _TAILS.search(text, *m.span(1))
        yield Note(COMMENT, m.start(1), tail.start() if tail else m.end(1))


def _plain(text: str) -> Iterator[Note]:
    start, end = _stripped(text, 0, len(text))
    if start < end and (text[start].islower() or text[end - 1] not in _CLOSED):
        yield Note(PLAIN, start, end)


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    """The range without the white space and straight quotation marks around it."""
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip(_AROUND)), start + len(piece.rstrip(_AROUND))


_FINDERS: tuple[Callable[[str], Iterator[Note]], ...] = (
    _quotes,
    _given,
    _labelled,
    _listed,
    _numbered,
    _comments,
    _caps,
    _plain,
)
_CUES_OF = {CUE: _CUE, INITIALS: _INITIALS, EVERY: _EVERY, COLUMN: _COLUMN}
