"""A person answers one worker's question on another; a store that fails is a block with a name."""

import pytest

from shield.guard import Guard
from shield.label import segment
from shield.policy.schema import ToolEntry
from shield.storing import shared
from shield.types import Caller, Decision, Source
from shield.wire.chat import call
from tests.redis_server import running

TOOLS = {"send_email": ToolEntry(effect="send", roles={"to": "recipient", "body": "content"})}
KEY = b"k" * 32
SENT = ("send_email", {"to": "new@nowhere.example", "body": "Hello"})


@pytest.fixture
def workers(policy, tmp_path):
    """Two guards with one store, and its server."""
    alone = {"tool_origin": policy.document.scanners["tool_origin"]}
    # Sessions that fail are not what decides here.
    changes = {"scanners": alone, "on_store_failure": Decision.ALLOW}
    document = policy.document.model_copy(update=changes)
    made = policy.with_document(document).with_tools(TOOLS)
    with running(tmp_path) as server:
        both = [Guard(made, key=KEY, **shared(server.url, KEY, made)._asdict()) for _ in range(2)]
        yield (*both, server)
    for guard in both:
        guard.close()


def propose(guard, caller):
    exchange = guard.exchange(caller)
    exchange.input([segment("Mail the newcomer", Source.USER)])
    return exchange.action(call(*SENT))


def test_what_one_worker_asked_and_another_approved_passes_on_either_once(workers):
    one, other, _ = workers
    caller = Caller(principal="ann", session="s1")
    asked = propose(one, caller)
    assert asked.decision is Decision.ESCALATE
    assert propose(other, caller).verdict.escalation == asked.verdict.escalation

    assert other.escalations.decide(asked.verdict.escalation, approve=True)

    assert propose(other, caller).decision is Decision.ALLOW
    assert propose(one, caller).decision is Decision.ESCALATE


def test_an_approval_is_not_anothers_nor_of_another_session(workers):
    one, other, _ = workers
    asked = propose(one, Caller(principal="ann", session="s1"))
    one.escalations.decide(asked.verdict.escalation, approve=True)

    assert not propose(other, Caller(principal="bob", session="s1")).passes
    assert not propose(other, Caller(principal="ann", session="s2")).passes


def test_when_nobody_can_be_asked_it_is_a_block_that_says_so(workers):
    one, other, server = workers
    caller = Caller(principal="ann", session="s1")
    asked = propose(one, caller)
    other.escalations.decide(asked.verdict.escalation, approve=True)
    server.stop()

    outcome = propose(one, caller)

    assert outcome.decision is Decision.BLOCK
    assert not outcome.verdict.escalation
    (found,) = [f for f in outcome.verdict.findings if f.scanner == "escalation"]
    assert (found.rule, found.error) == ("escalation/unavailable", True)

    server.start()  # what was approved went with the old one
    one.escalations._records._until = one.sessions._records._until = 0.0  # a second later
    assert propose(one, caller).decision is Decision.ESCALATE
