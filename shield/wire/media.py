"""The bytes of a picture, a recording or a file inside JSON, and texts that are dressed as some.

Bytes of a medium are not scanned, the receipt counts them. So only what stands where a medium belongs is
taken for one, and never what turns out to be a text: an application, or a model, would read it.
"""

import codecs
import re
from base64 import b64decode

_BASE64 = re.compile(r"[A-Za-z0-9+/=_-]*", re.ASCII)
_URL = re.compile(r"data:(?:image|audio|video)/[\w.+-]+;base64,", re.ASCII)
_FIELDS = frozenset({"url", "image_url", "audio_url", "video_url", "data", "file_data", "b64_json"})
_URL_SAFE = str.maketrans("-_", "+/")
_DECODER = codecs.getincrementaldecoder("utf-8")
_FILES = (b"%PDF-", b"RIFF", b"ID3", b"OggS", b"fLaC")  # they begin with letters
_HEAD = 1_024  # characters; more would make a text of a picture that begins with one
_WORDS = 0.7  # of base64, two letters in five are small


def is_medium(data: object) -> bool:
    """True for a string of the letters of base64 alone, or none, that holds no text."""
    if not isinstance(data, str) or _BASE64.fullmatch(data) is None:
        return False
    head = data[:_HEAD]
    small = sum("a" <= letter <= "z" for letter in head)
    return not (_decodes_to_text(head) or small > _WORDS * len(head))


def is_medium_url(text: str) -> bool:
    """True for a `data:` URL of a picture or a recording."""
    found = _URL.match(text) if text.startswith("data:") else None
    return found is not None and is_medium(text[found.end() :])


def holds_medium(path: str) -> bool:
    """True for a JSON Pointer that ends with a field in which media have their bytes."""
    return path.rpartition("/")[2] in _FIELDS


def _decodes_to_text(head: str) -> bool:
    whole = head.rstrip("=").translate(_URL_SAFE)
    whole = whole[: len(whole) - (len(whole) % 4 == 1)]
    try:
        raw = b64decode(whole + "=" * (-len(whole) % 4))
        shown = _DECODER().decode(raw)  # which forgives a last character that is cut off
    except ValueError:
        return False
    if raw.startswith(_FILES):
        return False
    return bool(shown) and all(c.isprintable() or c.isspace() for c in shown)
