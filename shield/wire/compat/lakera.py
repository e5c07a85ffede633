"""The API of Lakera Guard: `/v2/guard`.

A conversation that ends with the assistant has its answer judged at the output checkpoint, and
all before it at the input; any other is a request to the model. That API has no redaction:
whatever the policy would cut out is `flagged`, and `payload` says where it stands.
"""

import re
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shield.label import label
from shield.types import Checkpoint, Decision, Outcome, Segment, Source
from shield.wire import chat
from shield.wire.asked import Asked, Judged, Reply
from shield.wire.compat import Facts, body_of, further, marked
from shield.wire.fault import wrong
from shield.wire.strict import Json, Shape

_TYPES = {
    "banned_phrases": "custom/banned_phrases",
    "exfiltration": "unknown_links",
    "harm": "moderated_content",
    "hidden_text": "prompt_attack",
    "injection": "prompt_attack",
    "injection_ngram": "prompt_attack",
    "injection_patterns": "prompt_attack",
    "pii": "pii",
    "secrets": "pii/secrets",
    "split_payload": "prompt_attack",
    "trajectory": "prompt_attack",
    "typoglycemia": "prompt_attack",
    "urls": "unknown_links",
}
_DETAILED = frozenset({"harm", "pii"})
_MESSAGE = re.compile(r"/messages/(\d+)")


class Body(Struct, frozen=True):
    """The body of a request. `metadata` and `dev_info` are the caller's own notes and not judged."""

    messages: list[Any]
    project_id: str | None = None
    breakdown: bool = False
    payload: bool = False
    dev_info: bool = False
    metadata: dict[str, Any] | None = None


class Screening(Struct, frozen=True):
    """A request."""

    one: Asked
    body: Body

    @property
    def asked(self) -> tuple[Asked, ...]:
        """One exchange."""
        return (self.one,)

    def answer(self, judged: Sequence[Judged], facts: Facts) -> Reply:
        """`flagged`, and what else the request asked for."""
        (outcomes,) = judged
        newest = outcomes[-1].verdict
        body: dict[str, Any] = {
            "flagged": any(not o.passes or o.decision is not Decision.ALLOW for o in outcomes),
            "metadata": {"request_uuid": str(uuid.UUID(newest.id))},
        }
        if self.body.breakdown:
            body["breakdown"] = list(self._breakdown(outcomes, facts))
        if self.body.payload:
            body["payload"] = list(self._payload(outcomes))
        if self.body.dev_info:
            body["dev_info"] = {"model_version": facts.policy}
        return Reply(msgspec.json.encode(body), headers=marked(judged))

    def _sides(self, outcomes: Judged) -> Iterator[tuple[Outcome, tuple[Segment, ...]]]:
        sides = {Checkpoint.INPUT: self.one.input, Checkpoint.OUTPUT: self.one.output}
        for outcome in outcomes:
            yield outcome, sides.get(outcome.verdict.checkpoint) or ()

    def _breakdown(self, outcomes: Judged, facts: Facts) -> Iterator[dict[str, Any]]:
        """Each detection with its message, then each detector that found nothing."""
        found: dict[tuple[str, int], str] = {}
        for outcome, segments in self._sides(outcomes):
            for finding in outcome.verdict.findings:
                at = finding.spans[0].segment if finding.spans else -1
                place = self._message(segments[at].path if segments else "")
                found[_detector(finding.scanner, finding.rule), place] = finding.scanner
        for (kind, place), scanner in sorted(found.items()):
            yield self._row(scanner, kind, place, facts, detected=True)
        for scanner in sorted(set(facts.scanners) - set(found.values())):
            kind = _TYPES.get(scanner, f"custom/{scanner}")
            yield self._row(scanner, kind, len(self.body.messages) - 1, facts, detected=False)

    def _row(
        self, scanner: str, kind: str, place: int, facts: Facts, *, detected: bool
    ) -> dict[str, Any]:
        return {
            "project_id": self.body.project_id or "",
            "policy_id": facts.policy,
            "detector_id": scanner,
            "detector_type": kind,
            "detected": detected,
            "message_id": place,
        }

    def _payload(self, outcomes: Judged) -> Iterator[dict[str, Any]]:
        for outcome, segments in self._sides(outcomes):
            for edit in outcome.verdict.edits:
                segment = segments[edit.span.segment]
                yield {
                    "start": edit.span.start,
                    "end": edit.span.end,
                    "text": segment.text[edit.span.start : edit.span.end],
                    "detector_type": f"pii/{edit.kind}",
                    "labels": [],
                    "message_id": self._message(segment.path),
                }

    def _message(self, path: str) -> int:
        """The number of a message; what stands in none belongs to the last."""
        found = _MESSAGE.match(path)
        return int(found[1]) if found else len(self.body.messages) - 1


def read(raw: bytes, shape: Shape, *, trust_system: bool) -> Screening:
    """A request.

    Raises:
        WireError: 400 or 422.
    """
    given, fields = body_of(raw, Body, shape)
    if not given.messages:
        raise wrong("wrong_value", "there is no message", at="/messages", mend="send one at least")
    session, behalf = _owner(given.metadata)
    reading = chat.read_request({"messages": given.messages}, trust_system=trust_system)
    segments = (*reading.segments, *further(fields))
    last = len(given.messages) - 1
    asked = Asked(input=segments, skipped=reading.skipped, session=session, behalf=behalf)
    if _is_answer(given.messages[last]):
        asked = _with_answer(asked, f"/messages/{last}/", given.messages[last])
    return Screening(asked, given)


def _with_answer(asked: Asked, under: str, message: Json) -> Asked:
    """What stands `under` the last message goes to the output checkpoint, its calls to the action's."""
    given, of = asked.input or (), label(Source.ASSISTANT)
    before = tuple(s for s in given if not s.path.startswith(under))
    said = (Segment(s.text, of, s.path, s.turn) for s in given if s.path.startswith(under))
    calls = chat.read_response({"messages": [message]}).calls
    return replace(asked, input=before or None, calls=calls, output=tuple(said))


def _is_answer(message: Json) -> bool:
    return isinstance(message, dict) and message.get("role") == "assistant"


def _owner(metadata: dict[str, Any] | None) -> tuple[str, str]:
    """Session and user as the caller names them."""
    given = metadata or {}
    session, user = given.get("session_id"), given.get("user_id")
    return session if isinstance(session, str) else "", user if isinstance(user, str) else ""


def _detector(scanner: str, rule: str) -> str:
    kind = _TYPES.get(scanner, f"custom/{scanner}")
    return f"{kind}/{rule.partition('/')[2]}" if scanner in _DETAILED else kind
