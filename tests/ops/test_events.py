"""One line a decision, without content; what was never seen before is an event of its own."""

import json
import logging
from itertools import count

import pytest

from shield.about import Told, digest
from shield.guard import Guard
from shield.label import segment
from shield.ops.events import EventLog
from shield.types import Caller, Offer, Source

KEY = b"k" * 32
CANARY = "zanzibarcanary"
ALICE = Caller(tenant="acme", principal=f"user:{CANARY}", session=CANARY, feature="chat")


@pytest.fixture
def lines():
    return []


@pytest.fixture
def log(lines):
    ticks = count(1_000_000)
    return EventLog(
        lambda raw: lines.append(json.loads(raw)),
        key=KEY,
        models=["small-model"],
        clock=lambda: float(next(ticks)),
    )


@pytest.fixture
def guard(small_policy, log):
    made = Guard(small_policy("pii", "injection_patterns"), key=KEY, observers=[log])
    yield made
    made.close()


def _say(guard, text="hello", caller=ALICE, told=None, offers=()):
    exchange = guard.exchange(caller)
    exchange.tell(told or Told())
    return exchange.input([segment(text, Source.USER)], offers=offers)


def _decisions(lines):
    return [line for line in lines if line["event"] == "decision"]


def test_a_decision_is_written_with_the_policy_that_made_it(guard, lines):
    outcome = _say(guard, "My card is 4111 1111 1111 1111")
    (line,) = _decisions(lines)
    written = guard.policy.document
    assert line["id"] == outcome.verdict.id
    assert (line["checkpoint"], line["decision"], line["enforced"]) == ("input", "redact", True)
    assert line["policy"] == {
        "name": written.name,
        "version": written.version,
        "digest": guard.policy.digest,
        "mode": "enforce",
    }
    assert [f["rule"] for f in line["findings"]] == ["pii/credit-card"]
    assert (line["tenant"], line["feature"]) == ("acme", "chat")
    assert line["at"] == "1970-01-12T13:46:42.000+00:00"


def test_nothing_of_the_traffic_is_in_an_event(guard, lines):
    offer = Offer(CANARY, {"whole": CANARY})
    told = Told(system=CANARY, asked=CANARY, answered=CANARY, fingerprint=CANARY)
    _say(guard, f"{CANARY}@zanzibar.example", told=told, offers=[offer])
    assert CANARY not in json.dumps(lines)
    assert "zanzibar" not in json.dumps(lines)


def test_a_principal_is_named_by_a_digest_that_is_always_the_same(guard, lines):
    for caller in (ALICE, ALICE, Caller(principal="bob", session=CANARY)):
        _say(guard, caller=caller)
    one, again, other = [line["principal"] for line in _decisions(lines)]
    assert one == again != other
    assert len(one) == 16


def test_a_caller_without_a_name_has_no_digest(guard, lines):
    _say(guard, caller=Caller())
    assert (_decisions(lines)[0]["principal"], _decisions(lines)[0]["session"]) == ("", "")


def test_a_model_of_the_configuration_is_named_and_another_is_not(guard, lines):
    _say(guard, told=Told(asked="small-model", answered="something else"))
    (line,) = _decisions(lines)
    assert line["asked"] == "small-model"
    assert line["answered"] == digest(KEY, "model", "something else")


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("system", Told(system="You are A"), Told(system="You are B")),
        ("asked", Told(asked="a"), Told(asked="b")),
        ("answered", Told(answered="a"), Told(answered="b")),
        ("fingerprint", Told(fingerprint="fp1"), Told(fingerprint="fp2")),
    ],
)
def test_a_value_that_was_never_seen_is_an_event_of_its_own_once(guard, lines, kind, first, second):
    for told in (first, first, second):
        _say(guard, told=told)
    seen = [line for line in lines if line["event"] == "first_seen" and line["kind"] == kind]
    assert len(seen) == 2
    assert seen[0]["value"] != seen[1]["value"]


def test_a_changed_tool_is_another_tool_set_and_its_order_is_none(guard, lines):
    a, b, changed = Offer("a", {"x": "1"}), Offer("b", {"x": "1"}), Offer("b", {"x": "2"})
    for offers in ([a, b], [b, a], [a, changed]):
        _say(guard, offers=offers)
    one, turned, other = [line["tools"] for line in _decisions(lines)]
    assert one == turned != other


def test_a_policy_is_an_event_when_it_first_judges(guard, lines, log, small_policy):
    _say(guard)
    other = Guard(small_policy("pii"), key=KEY, observers=[log])
    _say(other)
    other.close()
    seen = [line["value"]["digest"] for line in lines if line.get("kind") == "policy"]
    assert seen == [guard.policy.digest, other.policy.digest]


def test_what_is_seen_is_forgotten_after_a_thousand_others(log, lines):
    for number in range(1_025):
        log._is_new("system", str(number))
    assert len(log._seen) == 1_024
    assert log._is_new("system", "0")
    assert not log._is_new("system", "1024")


def test_what_a_host_tells_later_is_added_and_not_forgotten(guard, lines):
    exchange = guard.exchange(ALICE)
    exchange.tell(Told(asked="small-model"))
    exchange.input([segment("hello", Source.USER)])
    exchange.tell(Told(answered="small-model", fingerprint="f"))
    exchange.output("hi")
    last = _decisions(lines)[-1]
    assert (last["asked"], last["answered"]) == ("small-model", "small-model")
    assert last["fingerprint"]


def test_a_line_that_cannot_be_written_is_counted_and_nothing_fails(small_policy):
    def full(line):
        raise OSError("disk full")

    log = EventLog(full, key=KEY)
    guard = Guard(small_policy("pii"), observers=[log])
    assert _say(guard).passes
    guard.close()
    assert log.lost == 3  # the policy, its models, the decision


@pytest.mark.parametrize("odd", ["two words", "x" * 65, "ü", "a\nb", "-x"])
def test_a_tenant_that_is_no_plain_name_is_not_repeated(guard, lines, odd):
    _say(guard, caller=Caller(tenant=odd, feature=odd))
    (line,) = _decisions(lines)
    assert (line["tenant"], line["feature"]) == ("unnamed", "unnamed")


def test_events_go_to_a_logger_when_nothing_else_is_said(small_policy, caplog):
    caplog.set_level(logging.INFO, "shield.events")
    log = EventLog(key=KEY)
    log.note("mode", mode="off", reason="drill")
    (record,) = caplog.records
    assert json.loads(record.getMessage())["mode"] == "off"
