"""Envoy's external authorisation over HTTP: the original method, path, query and body.

200 lets a request go on, any other status is given to the client; Envoy takes 5xx for a failure
of the check, which its `failure_mode_allow` decides. The body comes only where the filter has
`with_request_body`, and cannot be changed: what would be redacted is refused. A body that
Envoy has cut off, or has not sent, was not looked at, which the policy's
`on_incomplete.limit` decides.
"""

from msgspec import Struct

from shield.types import Outcome, Segment, Skip, SkipReason
from shield.wire import body as bodies
from shield.wire import form
from shield.wire.asked import Asked, Reply
from shield.wire.compat import marked, whole
from shield.wire.refusal import refused
from shield.wire.strict import Shape

PARTIAL = "x-envoy-auth-partial-body"
_BODIED = frozenset({"POST", "PUT", "PATCH"})


class Check(Struct, frozen=True):
    """What Envoy shows of a request."""

    method: str
    query: bytes
    body: bytes
    content_type: str = ""
    partial: bool = False

    def asked(self, shape: Shape, *, trust_system: bool) -> Asked:
        """What is to be judged; nothing of what cannot be read is left out silently.

        Raises:
            WireError: the query or the body cannot be read in one way.
        """
        query = form.segments(form.pairs(self.query, shape.nodes), form.QUERY)
        if self.partial or (not self.body and self.method.upper() in _BODIED):
            return Asked(input=query, skipped=(Skip("", SkipReason.LIMIT),))
        if not self.body:
            return Asked(input=query)
        read = bodies.read_request(self.body, self.content_type, shape, trust_system=trust_system)
        tools = read.document.get("tools") if isinstance(read.document, dict) else None
        return Asked(input=(*query, *read.segments), skipped=read.skipped, tools=tools)


def answer(outcome: Outcome, given: tuple[Segment, ...]) -> Reply:
    """200 for what may go on unchanged, the refusal of the mount for all else."""
    headers = marked([(outcome,)])
    if whole(outcome, given):
        return Reply(b"", headers=headers)
    refusal = refused(outcome)
    return Reply(refusal.body, refusal.status, (*headers, ("x-should-retry", "false")))
