"""The API of LLM Guard: `/analyze/{prompt,output}` and `/scan/{prompt,output}`.

The shapes of its `schemas.py` (release of July 2025). Scores stand under the names of its
scanners where one of Shield's does the same work, under Shield's own otherwise. Callers cannot
switch scanners off: `scanners_suppress` is read, not obeyed, and the answer says so in a header.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from shield.errors import WireError
from shield.label import segment
from shield.types import Segment, Source
from shield.wire.asked import Asked, Judged, Reply
from shield.wire.compat import Facts, body_of, further, marked, scores, whole
from shield.wire.fault import fault
from shield.wire.strict import Shape

_PROMPT = {
    "banned_phrases": "BanSubstrings",
    "code": "Code",
    "gibberish": "Gibberish",
    "harm": "Toxicity",
    "hidden_text": "InvisibleText",
    "injection": "PromptInjection",
    "injection_ngram": "PromptInjection",
    "injection_patterns": "PromptInjection",
    "language": "Language",
    "pii": "Anonymize",
    "secrets": "Secrets",
    "size": "TokenLimit",
    "split_payload": "PromptInjection",
    "topic": "BanTopics",
    "typoglycemia": "PromptInjection",
}
_OUTPUT = {
    **_PROMPT,
    "exfiltration": "MaliciousURLs",
    "grounding": "FactualConsistency",
    "pii": "Sensitive",
    "refusal": "NoRefusal",
    "relevance": "Relevance",
    "schema": "JSON",
    "urls": "MaliciousURLs",
}
_NO_TEXTS = frozenset({"tool_flow", "tool_origin", "tool_pins"})


class PromptBody(Struct, frozen=True):
    """The body of a request about a prompt."""

    prompt: str
    scanners_suppress: list[str] = []


class OutputBody(Struct, frozen=True):
    """The body of a request about an answer."""

    prompt: str
    output: str
    scanners_suppress: list[str] = []


class Analysis(Struct, frozen=True):
    """A request. `rest` are the texts of unknown fields, judged after the one that was asked about;
    `sanitizes` when the answer has room for that one after redaction.
    """

    one: Asked
    rest: tuple[Segment, ...]
    sanitizes: bool
    ignored: bool

    @property
    def asked(self) -> tuple[Asked, ...]:
        """One exchange."""
        return (self.one,)

    def answer(self, judged: Sequence[Judged], facts: Facts) -> Reply:
        """Validity, scores and, where it is asked for, the sanitized text."""
        ((outcome,),) = judged
        given = self.one.input or self.one.output or ()
        valid = whole(outcome, self.rest if self.sanitizes else given)
        is_prompt = self.one.input is not None
        under = {n: (_PROMPT if is_prompt else _OUTPUT).get(n, n) for n in facts.scanners}
        shown = {n: name for n, name in under.items() if n not in _NO_TEXTS}
        body = {"is_valid": valid, "scanners": scores(outcome.verdict.findings, shown)}
        if self.sanitizes:
            clean = outcome.segments[0].text if valid else ""
            body |= {"sanitized_prompt" if is_prompt else "sanitized_output": clean}
        ignored = (("x-shield-ignored", "scanners_suppress"),) if self.ignored else ()
        return Reply(msgspec.json.encode(body), headers=(*marked(judged), *ignored))


def read_prompt(raw: bytes, shape: Shape, *, sanitizes: bool) -> Analysis:
    """A request of `/analyze/prompt`, or of `/scan/prompt`, whose answer holds no text.

    Raises:
        WireError: 400 or 422.
    """
    given, fields = body_of(raw, PromptBody, shape)
    rest = further(fields)
    asked = Asked(input=(segment(given.prompt, Source.USER, path="/prompt"), *rest))
    return Analysis(asked, rest, sanitizes, bool(given.scanners_suppress))


def read_output(raw: bytes, shape: Shape, *, sanitizes: bool) -> Analysis:
    """A request of `/analyze/output` or `/scan/output`.

    Raises:
        WireError: 400 or 422.
    """
    given, fields = body_of(raw, OutputBody, shape)
    rest = further(fields, Source.ASSISTANT)
    asked = Asked(
        noted=(segment(given.prompt, Source.USER, path="/prompt"),),
        output=(segment(given.output, Source.ASSISTANT, path="/output"), *rest),
    )
    return Analysis(asked, rest, sanitizes, bool(given.scanners_suppress))


def failed(error: WireError) -> Reply:
    """An error in the words of that API."""
    of = fault(error)
    details = [{"loc": of.param or "", "msg": of.mend, "type": of.code}]
    body = {"message": of.message, "details": details}
    return Reply(msgspec.json.encode(body), error.status)
