"""Base64, base32, base85 and uuencode, whole, wrapped, word by word or with broken padding."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator

from shield.text.assemble import Part
from shield.text.decoders.readable import promising, reads_as_text, text_of
from shield.text.runs import Alphabet, Ground

_BASE64 = re.compile(
    r"[A-Za-z0-9+/_-]{16,}+(?:\s{1,2}[A-Za-z0-9+/_-]{16,}+)*+"
    r"(?P<tail>\r?\n[A-Za-z0-9+/_-]{1,15}(?![\w+/-]))?={0,2}"
)
_CHUNK = re.compile(r"\S{16,}")
_PART = re.compile(r"[A-Za-z0-9+]{16,}")
_TOKENS = re.compile(
    r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{2,}+={0,2}+(?:\s{1,3}[A-Za-z0-9+/]{2,}+={0,2}+){2,}+"
)
_TOKEN = re.compile(r"[A-Za-z0-9+/]{2,}={0,2}")
_BASE32 = re.compile(r"(?:[A-Z2-7]{16,}|[a-z2-7]{16,})={0,6}")
_ASCII85 = re.compile(r"<~[!-uz\s]{8,}?~>")
_BASE85 = re.compile(r"[!-~]{20,}")
_QUOTED = re.compile(r"[0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]{20,}")
# The first of five digits says what the first of four bytes is: from a blank to a "z".
_FIRST_ASCII85 = "".join(map(chr, range(33 + 10, 33 + 41)))
_FIRST_BASE85 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"
_GROUPS = 12
_UU = re.compile(r"(?m)(?:^|(?<=: ))([!-M])([ -`]{4,60})$")
_URL_SAFE = str.maketrans("-_", "+/")
_ROT13 = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "nopqrstuvwxyzabcdefghijklmNOPQRSTUVWXYZABCDEFGHIJKLM",
)
_LEAST, _LINE = 16, 20


def read_base64(ground: Ground) -> Iterator[Part]:
    """Runs of base64, standard or for URLs; what is wrapped or has a word beside it too."""
    for start, end in ground.runs(Alphabet.BASE64, _LEAST, gap=2):
        for run in _BASE64.finditer(ground.text, start, end + _LEAST):
            whole = list(_whole(run))
            yield from whole or _split(run[0], run.start())
    for start, end in ground.humps(4, 24):
        for group in _TOKENS.finditer(ground.text, start, end):
            yield from _worded(group[0], group.start())


def _whole(run: re.Match[str]) -> Iterator[Part]:
    ends = (run.end(), run.start("tail")) if run["tail"] else (run.end(),)
    for end in ends:
        shown = _base64("".join(run.string[run.start() : end].split()))
        if shown:
            yield shown, run.start(), end
            return


def _split(run: str, start: int) -> Iterator[Part]:
    """A long ordinary word or a path beside the payload spoils a run; then each part is tried."""
    for pattern in (_CHUNK, _PART):
        found = False
        for piece in pattern.finditer(run):
            if piece[0] != run and (shown := _base64(piece[0])):
                found = True
                yield shown, start + piece.start(), start + piece.end()
        if found:
            return


def _base64(run: str) -> str:
    raw = run.rstrip("=").translate(_URL_SAFE)
    if shown := _text(raw, _unbase64):
        return shown
    for turned in (raw[::-1], raw.translate(_ROT13)):
        if reads_as_text(shown := _text(turned, _unbase64)):
            return shown
    return ""


def _unbase64(raw: str) -> bytes:
    kept = raw[: len(raw) - (len(raw) % 4 == 1)]  # one character alone is a broken end
    return base64.b64decode(kept + "=" * (-len(kept) % 4))


def _worded(group: str, start: int) -> Iterator[Part]:
    """Short words in base64 each, or one text in base64 cut into short groups."""
    tokens = [(m[0], start + m.start(), start + m.end()) for m in _TOKEN.finditer(group)]
    found = list(_rows(tokens))
    if found:
        yield from found
    elif "=" not in (joined := "".join(text for text, _, _ in tokens).rstrip("=")):
        if reads_as_text(together := _text(joined, _unbase64)):
            yield together, start, start + len(group)


def _rows(tokens: list[Part]) -> Iterator[Part]:
    """Three tokens or more in a row that say something each."""
    row: list[Part] = []
    for token, start, end in (*tokens, ("", 0, 0)):
        if shown := _short(token):
            row.append((shown, start, end))
            continue
        # What has blanks of its own was one text before it was cut.
        glue = "" if any(" " in shown for shown, _, _ in row) else " "
        said = glue.join(shown for shown, _, _ in row)
        if len(row) > 2 and reads_as_text(said):
            yield said, row[0][1], row[-1][2]
        row = []


def _short(token: str) -> str:
    try:
        shown = _unbase64(token.rstrip("=")).decode("utf-8")
    except (ValueError, binascii.Error):
        return ""
    return shown if shown.isprintable() and any(map(str.isalpha, shown)) else ""


def read_base32(ground: Ground) -> Iterator[Part]:
    """Runs of base32 in either case."""
    for start, end in ground.runs(Alphabet.BASE64, _LEAST):
        for run in _BASE32.finditer(ground.text, start, end):
            if shown := _text(run[0].rstrip("=").upper(), _unbase32):
                yield shown, run.start(), run.end()


def _unbase32(raw: str) -> bytes:
    kept = raw[: len(raw) - {1: 1, 3: 1, 6: 1}.get(len(raw) % 8, 0)]
    return base64.b32decode(kept + "=" * (-len(kept) % 8))


def read_base85(ground: Ground) -> Iterator[Part]:
    """ASCII85 between its marks or bare, and the base85 of RFC 1924."""
    for run in _ASCII85.finditer(ground.text) if "<~" in ground.text else ():
        if shown := _text(run[0][2:-2], base64.a85decode):
            yield shown, run.start(), run.end()
    for start, end in ground.runs(Alphabet.PRINTED, _LINE):
        for run in _BASE85.finditer(ground.text, start, end):
            yield from _of_base85(run[0], run.start())


def _of_base85(run: str, start: int) -> Iterator[Part]:
    if run.isalnum():
        return
    for read, first in ((base64.a85decode, _FIRST_ASCII85), (base64.b85decode, _FIRST_BASE85)):
        if _begins_groups(run, first) and reads_as_text(shown := _text(run, read)):
            yield shown, start, start + len(run)
            return
    for piece in _QUOTED.finditer(run):
        if piece[0] != run and _begins_groups(piece[0], _FIRST_BASE85):
            if reads_as_text(shown := _text(piece[0], base64.b85decode)):
                yield shown, start + piece.start(), start + piece.end()


def _begins_groups(run: str, first: str) -> bool:
    """True when the groups of five begin as those of ASCII letters and blanks do."""
    heads = run[: 5 * _GROUPS : 5]
    return not heads.strip(first)


def read_uuencode(ground: Ground) -> Iterator[Part]:
    """Lines of uuencode whose first character states their length."""
    row: list[Part] = []
    for start, end in ground.runs(Alphabet.CAPITALS, _LEAST):
        for line in _UU.finditer(ground.text, start, end):
            shown = _uu_line(line)
            if row and not (shown and line.start() - row[-1][2] <= 2):
                yield _joined(row)
                row = []
            if shown:
                row.append((shown, line.start(), line.end()))
    if row:
        yield _joined(row)


def _uu_line(line: re.Match[str]) -> str:
    size = (ord(line[1]) - 32 + 2) // 3 * 4
    if not size - 3 <= len(line[2]) <= size + 1:
        return ""
    shown = _text(line[0], binascii.a2b_uu)
    return shown if reads_as_text(shown) else ""


def _joined(row: list[Part]) -> Part:
    return "".join(shown for shown, _, _ in row), row[0][1], row[-1][2]


def _text(raw: str, read: Callable[[str], bytes]) -> str:
    """What `raw` holds, or nothing; a long run is judged by its beginning first."""
    try:
        if len(raw) > 160 and not promising(read(raw[:80])):
            return ""
        return text_of(read(raw))
    except (ValueError, binascii.Error):
        return ""
