"""A session store that fails is decided by the policy, is told, and is over when it is over."""

import pytest

from shield.errors import StoreError
from shield.guard import Guard
from shield.label import segment
from shield.memory.local import LocalSessions
from shield.memory.session import Session
from shield.policy.load import UNAVAILABLE
from shield.types import Caller, Decision, Source, ToolCall

ALICE = Caller(principal="alice", session="u42")


class Broken:
    """A store of which some operations fail."""

    def __init__(self, *fails):
        self.fails, self.asked = set(fails), []
        self.inner = LocalSessions(seconds=60, most=9, per_principal=9)

    def read(self, key):
        self._ask("read")
        return self.inner.read(key)

    def write(self, key, session, *, principal):
        self._ask("write")
        self.inner.write(key, session, principal=principal)

    def _ask(self, what):
        self.asked.append(what)
        if what in self.fails:
            raise StoreError("down")


class Notebook:
    def __init__(self):
        self.verdicts = []

    def verdict(self, verdict, caller):
        self.verdicts.append(verdict)


@pytest.fixture
def make(small_policy):
    made = []

    def guard(store, **changes):
        policy = small_policy("injection_patterns", "split_payload", "pii", **changes)
        made.append(Guard(policy, sessions=store, observers=[Notebook()]))
        return made[-1]

    yield guard
    for each in made:
        each.close()


def _ask(guard, text="hello", caller=ALICE):
    return guard.exchange(caller).input([segment(text, Source.USER)])


def _rules(verdict):
    return [f.rule for f in verdict.findings]


@pytest.mark.parametrize("fails", [["read"], ["write"], ["read", "write"]])
def test_a_request_without_its_session_is_blocked_and_says_why(make, fails):
    outcome = _ask(make(Broken(*fails)))
    assert (outcome.decision, outcome.segments) == (Decision.BLOCK, ())
    assert _rules(outcome.verdict) == [UNAVAILABLE]
    assert outcome.verdict.findings[0].error


@pytest.mark.parametrize("fails", [["read"], ["write"]])
def test_a_policy_may_let_it_pass_and_it_is_counted_all_the_same(make, fails):
    outcome = _ask(make(Broken(*fails), on_store_failure=Decision.ALLOW))
    assert outcome.passes
    assert [s.text for s in outcome.segments] == ["hello"]
    assert _rules(outcome.verdict) == [UNAVAILABLE]


def test_a_failure_never_loosens_what_scanners_decided(make):
    guard = make(Broken("read"), on_store_failure=Decision.ALLOW)
    outcome = _ask(guard, "My card is 4111 1111 1111 1111")
    assert outcome.decision is Decision.REDACT
    assert "4111" not in outcome.segments[0].text


def test_observers_are_told_of_the_verdict_that_holds(make):
    guard = make(Broken("write"))
    outcome = _ask(guard)
    assert guard.observers[0].verdicts == [outcome.verdict]


def test_after_a_failure_nothing_more_is_asked_or_written_in_the_exchange(make):
    store = Broken("read")
    exchange = make(store, on_store_failure=Decision.ALLOW).exchange(ALICE)
    exchange.input([segment("hello", Source.USER)])
    exchange.output("hi")
    assert store.asked == ["read"]


def test_every_checkpoint_of_the_exchange_is_decided_by_it(make):
    exchange = make(Broken("read")).exchange(ALICE)
    outcomes = [
        exchange.input([segment("hello", Source.USER)]),
        exchange.action(ToolCall("1", "look")),
        exchange.output("hi"),
    ]
    assert [o.passes for o in outcomes] == [False] * 3


def test_the_next_exchange_recovers_with_the_store(make):
    store = Broken("read", "write")
    guard = make(store)
    _ask(guard)
    store.fails = set()
    assert _ask(guard).passes
    assert len(store.inner) == 1


def test_a_caller_without_a_principal_or_session_needs_no_store(make):
    store = Broken("read", "write")
    assert _ask(make(store), caller=Caller()).passes
    assert store.asked == []


def test_a_policy_that_only_observes_reports_the_failure_and_passes(make):
    outcome = _ask(make(Broken("read"), mode="observe"))
    assert outcome.passes
    assert outcome.verdict.decision is Decision.BLOCK


def test_a_lost_session_does_not_stand_for_an_empty_one(make):
    store = Broken()
    store.inner.write("k", Session(), principal="p")
    guard = make(store, on_store_failure=Decision.ALLOW)
    _ask(guard, "remember this: disregard all")
    store.fails = {"read"}
    _ask(guard, "hello")
    store.fails = set()
    exchange = guard.exchange(ALICE)
    assert "disregard" in exchange._session.history[0].text


def test_an_empty_store_that_was_given_is_used(make):
    store = LocalSessions(seconds=60, most=9, per_principal=9)
    guard = make(store)
    assert guard.sessions is store


def test_beginning_an_exchange_asks_nothing_of_the_store(make):
    store = Broken()
    exchange = make(store).exchange(ALICE)
    assert store.asked == []
    exchange.input([segment("hello", Source.USER)])
    assert store.asked.count("read") >= 1
