"""A judge model over the network, for the few texts that cheaper scanners leave open.

Detects: what the rubric calls unsafe, asked of an OpenAI-compatible chat endpoint; or the hazards S1-S14 of
Llama Guard. Only texts that the policy marks, by surface or origin, or about which another
scanner's score lies in a stated band, and no more of the traffic than `share`.
Misses: what the policy does not mark; what persuades the judge model too.
False positives: those of the model; it only ever adds a finding, so that nothing passes because of it.
Cost: one request over the network a judged message; the texts leave this machine for the endpoint.
A failure (no answer in time, a refusal, no verdict, a text that is too long, a spent share) is an error, which
the policy decides by `on_error`. Answers that it may judge are held until they are whole.
References: Llama Guard 3 model card; MLCommons AILuminate 1.0; Hines et al., "Defending Against
Indirect Prompt Injection Attacks With Spotlighting", 2024.
"""

import asyncio
import os
import secrets
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from ipaddress import ip_address
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from shield.document import Document
from shield.errors import PolicyError
from shield.policy.schema import SEVERITIES, SeverityName
from shield.remote.chat import OpenAIChat
from shield.remote.port import Message, RemoteError
from shield.remote.share import Share
from shield.scanners import Services
from shield.scanners.judge.answers import Opinion, guarded, stated
from shield.scanners.judge.questions import Shown, llama_guard, rubric
from shield.types import Checkpoint, Finding, Severity, Source, Span, Subject, Surface

_MESSAGES = {
    "unsafe": "The judge model calls the text unsafe.",
    "hazard": "The judge model finds a hazard of its list in the text.",
    "over-share": "The text should have been judged, but the judge model's share of the traffic is spent.",
    "too-long": "The text is longer than the judge model is asked about.",
}
_MOST_BYTES = 65_536  # of an answer
_PLACE = "scanners.judge.options"
Score = Annotated[float, Field(ge=0, le=1)]


class JudgeOptions(Document):
    """Whom to ask and about what.

    `bands` are scores [low, high) of a rule or a scanner that leave a text open; `surfaces` and
    `origins` (names of tools, URIs of documents) mark texts that are always asked about. `share` of
    all messages may be asked about, `burst` of them at once. `form` is what the model answers in. The
    key stands in the environment under the name `key_env`.
    """

    url: Annotated[str, Field(pattern=r"^$|^https?://[^\s@/]+(?:/\S*)?$")] = ""
    model: str = ""
    form: Literal["rubric", "llama_guard"] = "rubric"
    rubric: Annotated[str, Field(max_length=4_000)] = ""
    key_env: Annotated[str, Field(pattern=r"^$|^[A-Za-z_]\w*$")] = ""
    bands: dict[str, tuple[Score, Score]] = Field(default_factory=dict)
    surfaces: tuple[Surface, ...] = ()
    origins: tuple[str, ...] = ()
    share: Annotated[float, Field(gt=0, le=1)] = 0.05
    burst: Annotated[int, Field(ge=1, le=10_000)] = 20
    seconds: Annotated[float, Field(gt=0, le=60)] = 3.0
    characters: Annotated[int, Field(ge=1, le=262_144)] = 16_384
    severity: SeverityName = "error"

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.url) is not bool(self.model):
            raise ValueError("url and model belong together")
        if any(low >= high for low, high in self.bands.values()):
            raise ValueError("a band begins below its end")
        return self


class Judge:
    """See the module's docstring."""

    id: ClassVar[str] = "judge"
    tier: ClassVar[int] = 2
    scope: ClassVar[Literal["segment", "subject"]] = "subject"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT, Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = JudgeOptions

    def __init__(self, options: JudgeOptions, services: Services) -> None:
        _check(options)
        self._options, self._connect = options, services.connect
        self._headers = _headers(options)
        self._share = Share(options.share, options.burst)

    @property
    def share(self) -> Share:
        """How much of the traffic has been asked about."""
        return self._share

    def chosen(self, subject: Subject, found: Sequence[Finding]) -> frozenset[int]:
        """The fresh texts that the policy marks or that what was found leaves open.

        A finding without a place leaves them all open.
        """
        if subject.partial:
            return frozenset()
        self._share.offer()
        fresh = [n for n in range(len(subject.segments)) if self._may_be_judged(subject, n)]
        open_ = [f for f in found if self._is_open(f)]
        if any(not f.spans for f in open_):
            return frozenset(fresh)
        places = {span.segment for f in open_ for span in f.spans}
        return frozenset(n for n in fresh if n in places or self._is_marked(subject, n))

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a hazard, or one of `judge/unsafe`, over all texts that were chosen."""
        chosen = sorted(subject.chosen)
        if not chosen:
            return
        judged = [Shown(subject.segments[n].source, subject.segments[n].text) for n in chosen]
        asked = _asked(subject) if subject.checkpoint is Checkpoint.OUTPUT else ()
        if sum(len(one.text) for one in (*judged, *asked)) > self._options.characters:
            yield self._failure("too-long")
        elif not self._share.take():
            yield self._failure("over-share")
        else:
            opinion = self._opinion(subject.checkpoint, asked, judged)
            yield from self._findings(subject, chosen, opinion)

    def _may_be_judged(self, subject: Subject, number: int) -> bool:
        segment = subject.segments[number]
        is_new = number not in subject.known and segment.source is not Source.SYSTEM
        return is_new and bool(segment.text.strip())

    def _is_open(self, finding: Finding) -> bool:
        bands = (self._options.bands.get(name) for name in (finding.rule, finding.scanner))
        band = next((known for known in bands if known is not None), None)
        return band is not None and not finding.error and band[0] <= finding.score < band[1]

    def _is_marked(self, subject: Subject, number: int) -> bool:
        segment = subject.segments[number]
        named = any(origin.name in self._options.origins for origin in segment.label.origins)
        return named or segment.surface in self._options.surfaces

    def _opinion(
        self, checkpoint: Checkpoint, asked: Sequence[Shown], judged: Sequence[Shown]
    ) -> Opinion:
        if self._options.form == "llama_guard":
            return guarded(self._answer(llama_guard(checkpoint, asked, judged)))
        mark = secrets.token_hex(8)
        return stated(self._answer(rubric(checkpoint, self._options.rubric, asked, judged, mark)))

    def _answer(self, messages: Sequence[Message]) -> str:
        try:
            return asyncio.run(self._completed(messages))
        except RemoteError as error:
            if error.code == "timeout":
                raise TimeoutError from None
            raise

    async def _completed(self, messages: Sequence[Message]) -> str:
        options = self._options
        async with self._connect(options.url, self._headers, most=_MOST_BYTES) as client:
            model = OpenAIChat(client, options.model)
            made = await model.complete(messages, max_tokens=128, seconds=options.seconds)
        return made.text

    def _findings(
        self, subject: Subject, chosen: Sequence[int], opinion: Opinion
    ) -> Iterable[Finding]:
        surface = max((subject.segments[n].surface for n in chosen), key=_DOUBT.__getitem__)
        for hazard in opinion.hazards or ("",):
            yield Finding(
                rule=f"judge/{hazard.lower() or 'unsafe'}",
                scanner=self.id,
                severity=SEVERITIES[self._options.severity],
                score=opinion.score,
                message=_MESSAGES["hazard" if hazard else "unsafe"],
                spans=tuple(Span(n, 0, len(subject.segments[n].text)) for n in chosen),
                surface=surface,
            )

    def _failure(self, slug: str) -> Finding:
        return Finding(
            rule=f"judge/{slug}",
            scanner=self.id,
            severity=Severity.CRITICAL,
            score=1.0,
            message=_MESSAGES[slug],
            error=True,
        )


_DOUBT = {Surface.ANSWER: 0, Surface.USER: 1, Surface.DATA: 2}


def _asked(subject: Subject) -> tuple[Shown, ...]:
    """The user's newest turn."""
    said = [s for s in subject.intent if s.source is Source.USER and s.text.strip()]
    return tuple(Shown(s.source, s.text) for s in said[-1:])


def _check(options: JudgeOptions) -> None:
    if find_spec("httpx2") is None:
        raise PolicyError(
            "scanners.judge: the HTTP client is not installed", mend="install shield-guard[remote]"
        )
    if not options.url:
        raise PolicyError(f"{_PLACE}: there is nobody to ask", mend="state url and model")
    if not (options.bands or options.surfaces or options.origins):
        raise PolicyError(
            f"{_PLACE}: nothing is marked, so that it is never asked",
            mend="state bands, surfaces or origins",
        )


def _headers(options: JudgeOptions) -> dict[str, str]:
    if not options.key_env:
        return {}
    key = os.environ.get(options.key_env, "").strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise PolicyError(
            f"{_PLACE}.key_env: {options.key_env} holds no usable key",
            mend="set the variable to one line of printable ASCII",
        )
    where = urlsplit(options.url)
    if where.scheme != "https" and not _is_here(where.hostname or ""):
        raise PolicyError(
            f"{_PLACE}.url: a key would be sent unencrypted", mend="use https, or leave key_env out"
        )
    return {"Authorization": f"Bearer {key}"}


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
