"""The moderation endpoint of OpenAI: `/v1/moderations`.

All thirteen categories stand in every result, because clients read them without asking. Those
that the policy's harm model does not cover are false and 0, and `shield.not_covered` names them.
Scores below what the policy's harm scanner reports are 0. A text that the policy refuses for
another reason, an injection say, is `flagged` in no category.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from shield.label import segment
from shield.types import Outcome, Segment, Skip, SkipReason, Source
from shield.wire.asked import Asked, Judged, Reply
from shield.wire.compat import Facts, body_of, further, marked, whole
from shield.wire.fault import wrong
from shield.wire.strict import Json, Shape

CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
_RULES = {f"harm/{category.replace('/', '-')}": category for category in CATEGORIES}
_MODEL, _MOST = "shield", 256
_WHAT = "a text, a list of texts, or a list of parts of type text and image_url"


class Body(Struct, frozen=True):
    """The body of a request."""

    input: Any
    model: str = _MODEL


class Moderation(Struct, frozen=True):
    """A request: one exchange for each result; texts of unknown fields are judged with the last."""

    asked: tuple[Asked, ...]
    model: str

    def answer(self, judged: Sequence[Judged], facts: Facts) -> Reply:
        """One result for each input."""
        pairs = [(outcome, asked) for (outcome,), asked in zip(judged, self.asked, strict=True)]
        body = {
            "id": f"modr-{pairs[0][0].verdict.id}",
            "model": self.model,
            "results": [self._result(outcome, asked, facts) for outcome, asked in pairs],
            "shield": {"not_covered": [c for c in CATEGORIES if c not in facts.covered]},
        }
        return Reply(msgspec.json.encode(body), headers=marked(judged))

    @staticmethod
    def _result(outcome: Outcome, asked: Asked, facts: Facts) -> dict[str, Any]:
        verdict = outcome.verdict
        counted = {_RULES[f.rule] for f in verdict.findings if f.rule in _RULES}
        best = dict.fromkeys(CATEGORIES, 0.0)
        for finding in (*verdict.findings, *verdict.shadow):
            if (category := _RULES.get(finding.rule)) in facts.covered and category:
                best[category] = max(best[category], finding.score)
        clean = whole(outcome, asked.input or ())
        return {
            "flagged": bool(counted) or not clean,
            "categories": {c: c in counted for c in CATEGORIES},
            "category_scores": best,
            "category_applied_input_types": {
                c: ["text"] if c in facts.covered else [] for c in CATEGORIES
            },
            "shield": {
                "decision": outcome.decision,
                "verdict": verdict.id,
                "skipped": sorted({skip.reason for skip in verdict.coverage.skipped}),
            },
        }


def read(raw: bytes, shape: Shape) -> Moderation:
    """A request.

    Raises:
        WireError: 400 or 422.
    """
    given, fields = body_of(raw, Body, shape)
    inputs, rest = _inputs(given.input), further(fields)
    inputs[-1] = Asked(input=(*(inputs[-1].input or ()), *rest), skipped=inputs[-1].skipped)
    return Moderation(tuple(inputs), given.model)


def _inputs(given: Json) -> list[Asked]:
    """One exchange for each text of a list; parts belong together."""
    if isinstance(given, str):
        return [_text(given, "/input")]
    if not isinstance(given, list) or not given:
        raise wrong("wrong_type", f"expected {_WHAT}", at="/input", mend="send at least one")
    if len(given) > _MOST:
        raise wrong("too_many", f"more than {_MOST} inputs", at="/input", mend="send fewer at once")
    if all(isinstance(one, str) for one in given):
        return [_text(str(one), f"/input/{n}") for n, one in enumerate(given)]
    parts = [_part(one, f"/input/{n}") for n, one in enumerate(given)]
    texts = tuple(p for p in parts if isinstance(p, Segment))
    return [Asked(input=texts, skipped=tuple(p for p in parts if isinstance(p, Skip)))]


def _text(text: str, path: str) -> Asked:
    return Asked(input=(segment(text, Source.USER, path=path),))


def _part(part: Json, path: str) -> Segment | Skip:
    kind = part.get("type") if isinstance(part, dict) else None
    text = part.get("text") if isinstance(part, dict) else None
    if kind == "text" and isinstance(text, str):
        return segment(text, Source.USER, path=f"{path}/text")
    if kind == "image_url":
        return Skip(path, SkipReason.MEDIA)
    raise wrong("wrong_type", f"expected {_WHAT}", at=path, mend="send parts of one of these types")
