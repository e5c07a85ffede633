"""Credentials in text: known token shapes, private keys, connection strings, assignments.

Detects: token shapes of common providers, private key blocks, JSON Web Tokens, URLs with
passwords, and random-looking values assigned to names such as `password` or `api_key`.
Misses: credentials without a shape that stand in prose without such a name.
False positives: random identifiers assigned to a name that suggests a secret.
Cost: literal search first; a pattern runs only where its literal stands.
References: the token formats that providers publish; OWASP LLM02:2025.
"""

import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal

import regex
from msgspec import Struct

from shield.scanners import NoOptions, Services
from shield.types import Checkpoint, Finding, Segment, Severity, Source, Span, Subject

_END = r"(?![A-Za-z0-9_-])"


class Shape(Struct, frozen=True):
    """A token shape: literals of which one must occur, the pattern, bits a character at least.

    Where the pattern has a group `value`, only that is the secret.
    """

    literals: tuple[str, ...]
    pattern: "regex.Pattern[str]"
    entropy: float = 3.0


def _shape(literals: str, pattern: str, entropy: float = 3.0) -> Shape:
    return Shape(tuple(literals.split()), regex.compile(pattern), entropy)


_NAMES = (
    r"(?i:pass(?:word|wd|phrase)?|pwd|secret|api[_-]?key|access[_-]?key|auth[_-]?token|client[_-]?secret"
    r"|private[_-]?key|token|passwort|kennwort|mot de passe|contraseña|clave|senha|wachtwoord|hasło|пароль)"
)
_WORDS = (
    "pass Pass PASS pwd PWD Pwd secret Secret SECRET key Key KEY token Token TOKEN kennwort Kennwort "
    "contrase Contrase clave Clave senha Senha wachtwoord Wachtwoord hasł Hasł парол Парол"
)
_NAMED = rf"(?<![A-Za-z])(?:\w{{0,30}}[_-])?{_NAMES}\w{{0,12}}"
_VALUE = r"[\"'`]?(?P<value>[^\s\"'`,;<>{}()\[\]]{8,128})"
SHAPES: dict[str, Shape] = {
    "aws-access-key": _shape(
        "AKIA ASIA ABIA ACCA", rf"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{{16}}{_END}", 2.5
    ),
    "aws-secret-key": _shape(
        "aws AWS secret Secret SECRET",
        r"(?i:aws|secret)[^\n]{0,40}?[=:\s\"'](?P<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
        4.0,
    ),
    "github-token": _shape("ghp_ gho_ ghu_ ghs_ ghr_", rf"\bgh[pousr]_[A-Za-z0-9]{{36,255}}{_END}"),
    "github-fine-grained": _shape("github_pat_", rf"\bgithub_pat_[A-Za-z0-9_]{{50,255}}{_END}"),
    "gitlab-token": _shape(
        "glpat- gldt- glrt- glptt- glft-", r"\bgl(?:pat|dt|rt|ptt|ft)-[A-Za-z0-9_.-]{20,}"
    ),
    "slack-token": _shape(
        "xoxb- xoxp- xoxa- xoxr- xoxs- xapp-", r"\b(?:xox[bparse]|xapp)-[A-Za-z0-9-]{20,}"
    ),
    "slack-webhook": _shape(
        "hooks.slack.com", r"hooks\.slack\.com/services/T\w{6,}/B\w{6,}/\w{18,}"
    ),
    "discord-webhook": _shape(
        "api/webhooks", r"discord(?:app)?\.com/api/webhooks/\d{15,}/[\w-]{40,}"
    ),
    "stripe-key": _shape(
        "sk_live_ sk_test_ rk_live_ rk_test_ whsec_",
        r"\b(?:(?:sk|rk)_(?:live|test)_|whsec_)[A-Za-z0-9]{20,}",
    ),
    "openai-key": _shape(
        "sk-", rf"\bsk-(?!ant-)(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{{32,}}{_END}", 3.5
    ),
    "anthropic-key": _shape("sk-ant-", r"\bsk-ant-[A-Za-z0-9_-]{24,}"),
    "google-api-key": _shape("AIza", rf"\bAIza[A-Za-z0-9_-]{{35}}{_END}"),
    "google-oauth": _shape("GOCSPX- ya29.", r"\bGOCSPX-[\w-]{24,}|\bya29\.[\w-]{30,}"),
    "npm-token": _shape("npm_", rf"\bnpm_[A-Za-z0-9]{{36}}{_END}"),
    "pypi-token": _shape("pypi-", r"\bpypi-[A-Za-z0-9_-]{50,}"),
    "sendgrid-key": _shape("SG.", r"\bSG\.[\w-]{16,32}\.[\w-]{30,64}"),
    "twilio-key": _shape("SK AC", r"\b(?:SK|AC)[0-9a-f]{32}\b", 2.8),
    "mailgun-key": _shape("key-", r"\bkey-[0-9a-f]{32}\b", 2.8),
    "huggingface-token": _shape("hf_", rf"\bhf_[A-Za-z0-9]{{30,}}{_END}"),
    "digitalocean-token": _shape("dop_v1_ doo_v1_ dor_v1_", r"\bdo[por]_v1_[0-9a-f]{64}\b", 2.8),
    "telegram-bot-token": _shape(":AA", rf"\b\d{{8,10}}:AA[A-Za-z0-9_-]{{32,34}}{_END}"),
    "shopify-token": _shape(
        "shpat_ shpca_ shppa_ shpss_", r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b", 2.8
    ),
    "azure-storage-key": _shape(
        "AccountKey=", r"AccountKey=(?P<value>[A-Za-z0-9+/]{80,90}={0,2})", 4.0
    ),
    "private-key": _shape(
        "-----BEGIN",
        r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----[^-]{16,8000}+(?:-----END[^-]{1,40}-----)?",
    ),
    "json-web-token": _shape(
        "eyJ", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{16,}", 3.5
    ),
    "password-in-url": _shape(
        "://",
        r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@\"'<>]{0,64}:(?P<value>[^\s/@\"'<>${}*\[\]]{4,128})@",
        2.0,
    ),
    "basic-auth-header": _shape(
        "Basic basic",
        r"(?i:authorization)[\"']?\s*[:=]\s*[\"']?[Bb]asic\s+(?P<value>[A-Za-z0-9+/]{16,}={0,2})",
    ),
    "bearer-header": _shape("Bearer bearer", r"[Bb]earer\s+(?P<value>[A-Za-z0-9_\-.=]{24,})", 3.5),
    "assigned-secret": _shape(
        _WORDS,
        rf"{_NAMED}[\"']?\s{{0,3}}(?:=|:|:=|=>)\s{{0,3}}{_VALUE}",
        3.2,
    ),
    "secret-in-prose": _shape(
        _WORDS,
        rf"{_NAMED}\s{{1,3}}(?:is|ist|est|es|é|to|is now)\s{{0,3}}:?\s{{1,3}}{_VALUE}",
        3.2,
    ),
}
_PLACEHOLDER = regex.compile(
    r"(?i)example|placeholder|changeme|your|xxxx|\*{3}|\.\.\.|…|redacted|dummy|sample|insert|replace|secret_?key|password|<|\$\{|^[a-z_.]+$|^[A-Z_]+$|^[\d.,:/-]+$|1234567890|abcdefgh|^(?:https?|process|os)\b"
)
_ASSIGNED = frozenset(
    {
        "assigned-secret",
        "secret-in-prose",
        "password-in-url",
        "bearer-header",
        "basic-auth-header",
    }
)
_MIN_CLASSES = 3


class Secrets:
    """See the module's docstring."""

    id: ClassVar[str] = "secrets"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "segment"
    reach: ClassVar[int | None] = 512
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT, Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = NoOptions

    def __init__(self, options: NoOptions, services: Services) -> None:
        self._seconds = services.pattern_seconds

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a credential.

        Raises:
            TimeoutError: the patterns took longer than the policy allows.
        """
        until = time.monotonic() + self._seconds
        for index, segment in enumerate(subject.segments):
            if segment.source is not Source.SYSTEM:
                yield from self._segment(index, segment, until)

    def _segment(self, index: int, segment: Segment, until: float) -> Iterator[Finding]:
        for name, start, end in secrets_in(segment.text, until):
            yield Finding(
                rule=f"secrets/{name}",
                scanner=self.id,
                severity=Severity.ERROR,
                score=1.0,
                message="The text holds a credential.",
                spans=(Span(index, start, end),),
                tags=("owasp:llm02",),
                surface=segment.surface,
            )


def secrets_in(text: str, until: float) -> Iterator[tuple[str, int, int]]:
    """The name of the shape and the range of each credential in `text`.

    Raises:
        TimeoutError: `until`, a `time.monotonic()` instant, has passed.
    """
    for name, shape in SHAPES.items():
        if not any(literal in text for literal in shape.literals):
            continue
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        for match in shape.pattern.finditer(text, timeout=left):
            group = "value" if "value" in shape.pattern.groupindex else 0
            value = match[group]
            if entropy(value) >= shape.entropy and not _placeholder(name, value):
                yield name, *match.span(group)


def entropy(value: str) -> float:
    """Shannon entropy in bits a character."""
    counts = Counter(value).values()
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts)


def _placeholder(name: str, value: str) -> bool:
    """A value that stands for a secret; provider shapes are judged by their random part alone."""
    if name == "secret-in-prose" and _classes(value) < _MIN_CLASSES:
        return True
    if name in _ASSIGNED:
        mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
        return not mixed or _PLACEHOLDER.search(value) is not None
    if name == "private-key":  # its encoding holds long runs of one letter
        return "..." in value
    return regex.search(r"(?i)example|x{6,}|(.)\1{7,}|\*{3}", value) is not None


def _classes(value: str) -> int:
    """How many of lower case, upper case, digits and signs occur, a full stop at the end aside."""
    kinds = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    return sum(any(map(kind, value.rstrip("."))) for kind in kinds)
