"""The guardrail APIs of others, for people who switch: `create(Guard.load())`, or `routes` beside
other endpoints.

LiteLLM's generic guardrail, LLM Guard, Lakera Guard, OpenAI's moderations, and Envoy's external
authorisation over HTTP (`/envoy/ext_authz`, with the original path behind it).
"""

from collections.abc import Callable
from functools import partial

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from shield.errors import WireError
from shield.hosts.identity import Identify
from shield.hosts.judging import Guards, Judging, http
from shield.inference.card import verified
from shield.wire.asked import Reply
from shield.wire.compat import Facts, Form, ext_authz, lakera, litellm, llm_guard, moderations
from shield.wire.compat.ext_authz import Check
from shield.wire.fault import Faulted, fault
from shield.wire.strict import Shape

Read = Callable[[bytes, Shape], Form]
Fail = Callable[[WireError], Reply]
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]


def routes(
    guard: Guards,
    *,
    judging: Judging | None = None,
    identify: Identify | None = None,
    trust_system: bool = False,
) -> list[Route]:
    """The routes of all these APIs.

    Args:
        guard: the guard to ask.
        judging: shared with other endpoints of the process, so that one limit holds for all.
        identify: the caller of a connection, where `judging` is left out.
        trust_system: whoever may send a system message is your own application; by default it
            is screened like a user's.
    """
    api = _Compat(judging or Judging(guard, identify), trust_system=trust_system)

    def post(path: str, read: Read, fail: Fail = failed) -> Route:
        return Route(path, partial(api.post, read, fail), methods=["POST"])

    def text(path: str, read: Callable[..., Form], *, sanitizes: bool) -> Route:
        return post(path, partial(read, sanitizes=sanitizes), llm_guard.failed)

    return [
        post("/beta/litellm_basic_guardrail_api", partial(litellm.read, trust_system=trust_system)),
        text("/analyze/prompt", llm_guard.read_prompt, sanitizes=True),
        text("/analyze/output", llm_guard.read_output, sanitizes=True),
        text("/scan/prompt", llm_guard.read_prompt, sanitizes=False),
        text("/scan/output", llm_guard.read_output, sanitizes=False),
        post("/v2/guard", partial(lakera.read, trust_system=trust_system)),
        post("/v1/moderations", moderations.read),
        *(
            Route(f"/envoy/ext_authz{end}", api.check, methods=_METHODS)
            for end in ("", "/{p:path}")
        ),
    ]


def create(
    guard: Guards, *, identify: Identify | None = None, trust_system: bool = False
) -> Starlette:
    """An application that serves these APIs only."""
    return Starlette(routes=routes(guard, identify=identify, trust_system=trust_system))


def failed(error: WireError) -> Reply:
    """An error in the words of OpenAI, which those without words of their own share."""
    return Reply(msgspec.json.encode(Faulted(fault(error))), error.status)


class _Compat:
    def __init__(self, judging: Judging, *, trust_system: bool) -> None:
        self._judging, self._trusted = judging, trust_system
        self._facts = Facts(())

    async def post(self, read: Read, fail: Fail, request: Request) -> Response:
        try:
            raw = await self._judging.body(request)
            with self._judging.admitted():
                return http(await self._judging.off_loop(partial(self._reply, read, raw, request)))
        except WireError as error:
            return http(fail(error))
        except ClientDisconnect:
            return Response(status_code=400)

    def _reply(self, read: Read, raw: bytes, request: Request) -> Reply:
        form = read(raw, self._judging.shape)
        judged = [self._judging.judged(request.scope, asked) for asked in form.asked]
        return form.answer(judged, self._told())

    def _told(self) -> Facts:
        """What answers tell of the policy that holds now."""
        policy = self._judging.guard.policy
        if self._facts.policy != policy.digest:
            known = policy.document.scanners
            labels = verified(policy.models / "harm").labels if "harm" in known else ()
            wanted = known["harm"].options.get("categories") if "harm" in known else None
            covered = frozenset(labels) & frozenset(wanted or labels)
            self._facts = Facts(tuple(known), covered, policy.digest)
        return self._facts

    async def check(self, request: Request) -> Response:
        try:
            raw = await self._judging.body(request, is_json=False)
            with self._judging.admitted():
                return http(await self._judging.off_loop(partial(self._checked, raw, request)))
        except WireError as error:
            return http(failed(error))
        except ClientDisconnect:
            return Response(status_code=400)

    def _checked(self, raw: bytes, request: Request) -> Reply:
        kinds = request.headers.getlist("content-type")
        if len(kinds) > 1:
            raise WireError(415, "content_type", "there are several content types")
        check = Check(
            request.method,
            request.scope.get("query_string", b""),
            raw,
            "".join(kinds),
            partial=request.headers.get(ext_authz.PARTIAL, "false").lower() != "false",
        )
        asked = check.asked(self._judging.shape, trust_system=self._trusted)
        (outcome,) = self._judging.judged(request.scope, asked)
        return ext_authz.answer(outcome, asked.input or ())
