"""What a judge model answers. Whatever is no clear verdict is an error, never "safe"."""

import re
from typing import Annotated

import msgspec
from msgspec import Struct

from shield.remote.port import RemoteError

# The hazards of Llama Guard 3, after MLCommons.
HAZARDS = {
    "S1": "violent crimes",
    "S2": "non-violent crimes",
    "S3": "sex-related crimes",
    "S4": "child sexual exploitation",
    "S5": "defamation",
    "S6": "specialised advice",
    "S7": "privacy",
    "S8": "intellectual property",
    "S9": "indiscriminate weapons",
    "S10": "hate",
    "S11": "suicide and self-harm",
    "S12": "sexual content",
    "S13": "elections",
    "S14": "abuse of a code interpreter",
}
_FENCED = re.compile(r"\A```(?:json)?[ \t]*\n(?P<inside>.*)\n```\Z", re.DOTALL)
_GUARD = re.compile(
    r"(?P<word>safe|unsafe)(?:\s*\n\s*(?P<codes>S\d{1,2}(?:\s*,\s*S\d{1,2}){0,20}))?"
)


class Opinion(Struct, frozen=True):
    """A judge's verdict: how surely unsafe, in [0, 1], and the hazards it names."""

    score: float
    hazards: tuple[str, ...] = ()


class _Stated(Struct, frozen=True, forbid_unknown_fields=True):
    unsafe: bool
    score: Annotated[float, msgspec.Meta(ge=0, le=1)]


def stated(text: str) -> Opinion:
    """The verdict of a rubric. A model that contradicts itself is believed in what is worse.

    Raises:
        RemoteError: the answer is no verdict, such as a refusal.
    """
    bare = text.strip()
    block = _FENCED.match(bare)
    try:
        made = msgspec.json.decode((block["inside"] if block else bare).encode(), type=_Stated)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        raise RemoteError("nonsense", 200) from None
    return Opinion(max(made.score, 0.5) if made.unsafe else made.score)


def guarded(text: str) -> Opinion:
    """The verdict of Llama Guard: `safe`, or `unsafe` and a line of codes.

    Raises:
        RemoteError: the answer is no verdict.
    """
    found = _GUARD.fullmatch(text.strip())
    if found is None or (found["word"] == "safe" and found["codes"]):
        raise RemoteError("nonsense", 200)
    if found["word"] == "safe":
        return Opinion(0.0)
    codes = re.findall(r"S\d+", found["codes"] or "")
    return Opinion(1.0, tuple(dict.fromkeys(code for code in codes if code in HAZARDS)))
