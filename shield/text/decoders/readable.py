"""Whether what came out of a decoder is text."""

import regex

from shield.text.lexicon import known_share

_WORDS = regex.compile(r"[^\W\d_]{2,}")
_TYPED = bytes(range(32, 127))
_SAMPLE = 36  # bytes; noise this long is never valid UTF-8 by chance


def reads_as_text(shown: str) -> bool:
    """True when a decoding is mostly letters in words, not noise; control characters aside."""
    plain = "".join(c for c in shown if c.isprintable())
    if len(plain) < 4 or 4 * len(plain) < 3 * len(shown):
        return False
    letters = sum(c.isalpha() or c == " " for c in plain)
    return letters >= 0.7 * len(plain) and _WORDS.search(plain) is not None


def reads_as_words(shown: str) -> bool:
    """True when half of the letters stand in everyday words, one of them not short."""
    longer, share = known_share(shown.lower())
    return longer >= 1 and share >= 0.5


def text_of(raw: bytes) -> str:
    """The text that bytes hold in UTF-8, UTF-16 or Latin-1; empty when they hold none."""
    shown = _decoded(raw)
    if len(shown) < 4:
        return ""
    if shown.isprintable():
        return shown
    plain = sum(c.isprintable() or c.isspace() for c in shown)
    return shown if 4 * plain >= 3 * len(shown) else ""


def promising(raw: bytes) -> bool:
    """False when the first bytes of a long decoding show that it is no text."""
    head = raw[:_SAMPLE]
    return any(_decoded(head[: len(head) - cut]) for cut in range(4 if len(raw) > _SAMPLE else 1))


def _decoded(raw: bytes) -> str:
    if 3 * raw.count(0) >= len(raw):
        order = "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"
        return raw.decode(order, errors="ignore")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        other = len(raw.translate(None, _TYPED))
        return raw.decode("latin-1") if 10 * other <= len(raw) else ""
