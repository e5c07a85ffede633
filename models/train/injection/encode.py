"""Texts → token windows with their answers, by the same views and windows that serving uses."""

from collections.abc import Iterator
from typing import Any

from models.train.base import tokenizer
from models.train.fit import Item
from models.train.injection.sample import BENIGN, Sample
from shield.inference.windows import Frame, Window, windows
from shield.text.canonical import canonical

# Tokens in a window and tokens shared, as served. A short payload in a long document is diluted
# by pooling over a full window, so that documents are read in smaller ones.
SERVED = {"user": (128, 32), "data": (128, 32)}
SURFACES = {"user": "user message:", "data": "untrusted data:"}
_MAX_WINDOWS = 3
_UNKNOWN = -100  # a token whose answer nobody knows
_SURE, _TRACE = 10, 2


def frames() -> dict[str, Frame]:
    """One frame a surface: [CLS], the surface in words, the content, [SEP]."""
    tok = tokenizer()
    cls, sep = tok.token_to_id("[CLS]"), tok.token_to_id("[SEP]")
    return {
        name: Frame(*SERVED[name], (cls, *tok.encode(words, add_special_tokens=False).ids), (sep,))
        for name, words in SURFACES.items()
    }


def encoded(sample: Sample, by_surface: dict[str, Frame]) -> Iterator[Item]:
    """The windows to fit on: `target` is the label of the window and the class of each token.

    A window takes the text's label when it holds most of the attack (or ten tokens of it),
    is benign when it holds none, and is left out between. Where the attack's place is
    unknown only the first window counts.
    """
    frame = by_surface[sample.surface]
    view = canonical(sample.text)
    encoding = tokenizer().encode(view.text, add_special_tokens=False)
    found = list(windows(encoding.ids, encoding.offsets, frame))
    if sample.label == BENIGN:
        yield from (Item(w.ids, (BENIGN, [0] * len(w.ids))) for w in found[:_MAX_WINDOWS])
    elif sample.span is None:
        ids = found[0].ids
        yield Item(ids, (sample.label, [_UNKNOWN] * len(ids)))
    else:
        inside = _inside(view, encoding.offsets, sample.span)
        yield from _attacked(found, encoding.offsets, inside, sample.label, frame)


def _inside(view: Any, offsets: list[tuple[int, int]], span: tuple[int, int]) -> list[int]:
    marks = []
    for start, end in offsets:
        first, last = view.source_span(start, end)
        marks.append(int(first < span[1] and last > span[0]))
    return marks


def _attacked(
    found: list[Window],
    offsets: list[tuple[int, int]],
    inside: list[int],
    label: int,
    frame: Frame,
) -> Iterator[Item]:
    place = {start: i for i, (start, _) in reversed(list(enumerate(offsets)))}
    whole, clean = sum(inside), 0
    for window in found:
        size = len(window.ids) - len(frame.head) - len(frame.tail)
        at = place.get(window.start, 0)
        marks = inside[at : at + size]
        held = sum(marks)
        if held <= _TRACE and held < whole:
            clean += 1
            if held or clean > 1:
                continue
            answer = BENIGN
        elif held >= min(_SURE, 0.6 * whole):
            answer = label
        else:
            continue
        tokens = [0] * len(frame.head) + marks + [0] * (size - len(marks) + len(frame.tail))
        yield Item(window.ids, (answer, tokens))
