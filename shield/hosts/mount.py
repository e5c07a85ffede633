"""What every host is mounted with: the guard, whom it asks who is calling, what is exempt."""

import logging
import re
from collections.abc import Iterable, MutableMapping
from typing import Any, Literal

from shield.exchange import Exchange
from shield.guard import Guarding
from shield.hosts.identity import Identify, caller_of
from shield.policy.schema import Limits
from shield.stream import Mode
from shield.types import Caller, Outcome
from shield.wire.answer import declined, fixed
from shield.wire.refusal import Refusal, annotations, refused
from shield.wire.strict import Shape

_log = logging.getLogger("shield")

# Steps up a path, in the forms in which servers and frameworks take them.
_STEPS = re.compile(r"(?:^|[/\\]|%2f|%5c)(?:\.|%2e){1,2}(?:[/\\;?#]|%2f|%5c|$)", re.IGNORECASE)

Headers = list[tuple[bytes, bytes]]
Refusals = Literal["error", "refusal", "annotate"]
_AHEAD = "streamed answers leave before they are judged, by configuration"


class Mount:
    """The configuration of one host; immutable once made.

    Args:
        guard: the guard to ask.
        exempt: paths that are not screened, exact, or a prefix that ends with `*`. Logged at
            start-up.
        trust_system: True when the client is your own application, so that its system messages
            may be believed; by default they are screened like a user's.
        identify: the caller of a connection; by default the authenticated user, else a
            digest of the credential, with the session of `X-Shield-Session`.
        show_rules: name the rules in refusals; attackers learn from them.
        refusals: `error` answers a block with status 400; `refusal` with an answer of the dialect that
            declines, status 200; `annotate` as `error`, and a whole answer that passes says in its
            headers, and a streamed one in its last event but one, what was decided, which a policy
            that only observes makes the one sign of it.
        gate: how streamed answers leave. `hold` as far as they have been judged, `buffer` when all of
            one has, `async` at once: what is found then is taken back by events that clients must
            heed. That is weaker, and logged at start-up.
    """

    def __init__(
        self,
        guard: Guarding,
        *,
        exempt: Iterable[str] = (),
        trust_system: bool = False,
        identify: Identify | None = None,
        show_rules: bool = False,
        refusals: Refusals = "error",
        gate: Mode = "hold",
    ) -> None:
        paths = tuple(exempt)
        self.guard = guard
        self.trust_system, self.show_rules = trust_system, show_rules
        self.refusals, self.gate = refusals, gate
        self._identify = identify or caller_of(guard.key)
        self._exact = frozenset(p for p in paths if not p.endswith("*"))
        self._prefixes = tuple(p[:-1] for p in paths if p.endswith("*"))
        for path in paths:
            _log.warning("not screened, by configuration: %s", path)
        if gate == "async":
            _log.warning(_AHEAD)

    @property
    def limits(self) -> Limits:
        """The limits of the policy that is in force now."""
        return self.guard.policy.document.limits

    @property
    def shape(self) -> Shape:
        """How deep and large a document may be."""
        return Shape(self.limits.depth, self.limits.nodes)

    @property
    def tells(self) -> bool:
        """True when answers that pass say what was decided."""
        return self.refusals == "annotate" or self.gate == "async"

    def exempts(self, path: str) -> bool:
        """True for a path that is not screened. One that steps out of an exempt folder is not exempt."""
        if path in self._exact:
            return True
        return path.startswith(self._prefixes) and not _STEPS.search(path)

    def caller(self, scope: MutableMapping[str, Any]) -> Caller:
        """Who is calling; `scope` is of ASGI's form."""
        return self._identify(scope)

    def exchange(self, scope: MutableMapping[str, Any]) -> Exchange:
        """Begin the exchange of a connection; `scope` is of ASGI's form."""
        return self.guard.exchange(self.caller(scope))

    def refusal(self, outcome: Outcome, asked: object) -> Refusal:
        """The answer to the request `asked` (its parsed body) when its outcome does not pass."""
        if outcome.answer:
            return fixed(outcome, asked)
        if self.refusals == "refusal":
            return declined(outcome, asked)
        return refused(outcome, show_rules=self.show_rules)

    def notes(self, outcome: Outcome) -> Headers:
        """The headers that an answer which passes bears, beside its own."""
        return [*annotations(outcome)] if self.refusals == "annotate" else []


def named(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[str]:
    """The values of all headers of a (lower-case) name."""
    return [value.decode("latin-1") for key, value in headers if key.lower() == name]
