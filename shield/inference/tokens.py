"""Tokenizers: text → ids and exact characters, for any text, in time linear in its length."""

import hashlib
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from msgspec import Struct

from shield.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SURROGATE = re.compile("[\ud800-\udfff]")
_PICTURES = f"[\u2600-\u27bf{chr(0x1F000)}-{chr(0x1FFFF)}]+"
_CHUNK = 32_768  # characters tokenised at a time; a tokenizer takes about a kilobyte for each
_SPACE = re.compile(r"\s")
_KNOWN: "WeakValueDictionary[bytes, Tokens]" = WeakValueDictionary()


class Read(Struct, frozen=True):
    """A text as a tokenizer reads it.

    `ids` has one entry a token, `offsets` shape (tokens, 2) its first character and the one
    after its last, `words` the number of the word that it belongs to, rising.
    """

    ids: list[int]
    offsets: "NDArray[np.int64]"
    words: "NDArray[np.int64]"


class Tokens:
    """A tokenizer of which each thread has a copy of its own.

    Raises:
        ModelError: what stands in `source` is no tokenizer.
    """

    def __init__(self, source: str, where: Path) -> None:
        self._source, self._local = source, threading.local()
        try:
            self._own()
        except Exception as error:  # noqa: BLE001 — tokenizers raises Exception itself
            raise ModelError(
                f"not a tokenizer: {type(error).__name__}",
                where=where,
                mend="restore the file from the release",
            ) from None

    @staticmethod
    def of(source: bytes, where: Path) -> "Tokens":
        """The tokenizer of `tokenizer.json`; graphs whose files are alike share one.

        Raises:
            ModelError: what stands in `source` is no tokenizer.
        """
        key = hashlib.sha256(source).digest()
        found = _KNOWN.get(key)
        if found is None:
            found = _KNOWN[key] = Tokens(source.decode("utf-8", "replace"), where)
        return found

    def ids(self, text: str) -> list[int]:
        """The ids of a text, without special tokens."""
        return self.read(text).ids

    def frame(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The special tokens that this tokenizer puts before and after a text."""
        encoding = self._own().encode("a", add_special_tokens=True)
        special = encoding.special_tokens_mask
        head = special.index(0) if 0 in special else len(special)
        tail = special[::-1].index(0) if 0 in special else 0
        ids = encoding.ids
        return tuple(ids[:head]), tuple(ids[len(ids) - tail :])

    def read(self, text: str) -> Read:
        """Tokenise all of a text. What spells a special token in it is ordinary text."""
        import numpy as np

        # A lone surrogate has no UTF-8; one character for another keeps the offsets.
        whole = text if text.isascii() else _SURROGATE.sub("\ufffd", text)
        tokenizer, ids, after = self._own(), [], 0
        offsets, words = [np.empty((0, 2), np.int64)], [np.empty(0, np.int64)]
        for start, end in _chunks(whole):
            encoding = tokenizer.encode(whole[start:end], add_special_tokens=False)
            if encoding.ids:
                ids += encoding.ids
                offsets.append(np.array(encoding.offsets, np.int64) + start)
                words.append(np.array(encoding.word_ids, np.int64) + after)
                after = int(words[-1][-1]) + 1
        return Read(ids, np.concatenate(offsets), np.concatenate(words))

    def _own(self) -> Any:
        made = getattr(self._local, "made", None)
        if made is None:
            from tokenizers import Tokenizer

            made = self._local.made = prepared(Tokenizer.from_str(self._source))
        return made


def prepared(tokenizer: Any) -> Any:
    """A `tokenizers.Tokenizer` made to read all of any text; the same one is returned.

    WordPiece makes one unknown token of a word that is longer than its limit or has a picture
    in it: such words are read in parts.
    """
    from tokenizers import Regex, pre_tokenizers

    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.encode_special_tokens = True
    if type(tokenizer.model).__name__ == "WordPiece":
        longest = tokenizer.model.max_input_chars_per_word
        steps = [
            pre_tokenizers.Split(Regex(_PICTURES), "isolated"),
            *([tokenizer.pre_tokenizer] if tokenizer.pre_tokenizer else []),
            pre_tokenizers.Split(Regex(f"(?m:.{{1,{longest}}})"), "isolated"),
        ]
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    return tokenizer


def _chunks(text: str) -> "list[tuple[int, int]]":
    """Parts of a text to tokenise one by one, cut before white space where there is some."""
    cuts, at = [0], 0
    while len(text) - at > _CHUNK:
        late = [m.start() for m in _SPACE.finditer(text, at + _CHUNK // 2, at + _CHUNK)]
        at = late[-1] if late else at + _CHUNK
        cuts.append(at)
    return list(zip(cuts, [*cuts[1:], len(text)], strict=True))
