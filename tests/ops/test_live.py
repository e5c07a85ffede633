"""A guard that follows its file and its operators, and never serves what is wrong."""

import gc
import logging
import signal
import threading
import weakref
from types import SimpleNamespace

import pytest

from shield.errors import SetupError
from shield.label import segment
from shield.ops import orders
from shield.ops.live import LiveGuard
from shield.ops.metrics import Metrics
from shield.pipeline import Detection, Pipeline
from shield.types import Coverage, Decision, Finding, Severity, Skip, SkipReason, Source
from tests.ops.conftest import ALICE, Notes, banning, say, settle


def test_a_changed_policy_serves_when_its_files_have_stood_still(house):
    live = house.worker()
    house.put(banning("rose"))
    live.poll()
    assert say(live, "a rose").passes
    live.poll()
    assert not say(live, "a rose").passes
    assert say(live, "a tulip").passes


def test_verdicts_carry_the_digest_of_the_policy_that_gave_them(house):
    live = house.worker()
    before = say(live, "hello").verdict.policy
    house.put(banning("rose"))
    settle(live)
    after = say(live, "hello").verdict.policy
    assert before != after == live.policy.digest == live.standing().digest


def test_a_request_ends_with_the_policy_that_it_began_with(house):
    live = house.worker()
    exchange = live.exchange(ALICE)
    house.put(banning("rose"))
    settle(live)
    assert not exchange.input([segment("a tulip", Source.USER)]).passes
    assert exchange.output("a rose").passes


BAD = {
    "syntax": "name = ",
    "a typo": banning("rose", more="onn_error = 'block'"),
    "an unknown scanner": banning("rose") + "[scanners.nothing]\n",
    "half": banning("rose")[:60],
    "empty": "",
    "bad options": 'name = "t"\nversion = "1"\n[scanners.banned_phrases]\n',
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_a_bad_policy_changes_nothing_and_is_reported_once(house, text, caplog):
    notes = Notes()
    live = house.worker(observers=[notes])
    house.put(text, locked=False)
    settle(live, live)
    assert not say(live, "a tulip").passes
    assert live.standing().failing
    assert len(notes.of("policy_refused")) == 1
    assert "the policy is not taken" in caplog.text
    house.put(banning("rose"))
    settle(live)
    assert not say(live, "a rose").passes
    assert not live.standing().failing


def test_a_policy_without_its_lock_waits_for_it(house):
    live = house.worker()
    house.put(banning("rose"), locked=False)
    settle(live)
    assert live.standing().failing
    house.put(banning("rose"))
    settle(live)
    assert not say(live, "a rose").passes


def test_a_policy_that_refuses_plain_words_serves_and_is_told_of(house, caplog):
    notes = Notes()
    live = house.worker(observers=[notes])
    house.put(banning("library"))
    settle(live)
    assert notes.of("policy_doubtful") == [{"digest": live.policy.digest, "decision": "block"}]
    assert "answers plain words with block" in caplog.text
    assert not say(live, "the library").passes


@pytest.mark.parametrize("broken", ["raises", "is cut short"])
def test_a_policy_whose_scanners_do_not_work_fails_its_self_test(house, monkeypatch, broken):
    notes = Notes()
    live = house.worker(observers=[notes])

    def run(self, subject, **more):
        failed = Finding("s/raised", "s", Severity.ERROR, 1.0, "m", error=True)
        if broken == "raises":
            return Detection((failed,), Coverage())
        return Detection((), Coverage(skipped=(Skip("", SkipReason.DEADLINE),)))

    monkeypatch.setattr(Pipeline, "run", run)
    house.put(banning("rose"))
    settle(live)
    monkeypatch.undo()
    (refused,) = notes.of("policy_refused")
    assert "self-test" in refused["why"]
    assert not say(live, "a tulip").passes


RULE = """
[[rule]]
id = "house/word"
severity = "critical"
message = "A word."
keywords = ["zebra"]
pattern = "zebra"
matches = ["{match}"]
near_misses = ["horse"]
"""


def test_a_rule_that_fails_its_own_examples_does_not_serve(house):
    rules = house.folder / "own.toml"
    live = house.worker()
    rules.write_text(RULE.format(match="a horse"))
    house.put(banning("rose", more='rules = ["own.toml"]'))
    settle(live)
    assert live.standing().failing
    rules.write_text(RULE.format(match="a zebra"))
    house.put(banning("rose", more='rules = ["own.toml"]'))
    settle(live)
    assert not live.standing().failing
    rules.write_text(RULE.format(match="the zebra"))
    house.put(banning("rose", more='rules = ["own.toml"]'), locked=True)
    settle(live)
    assert live.policy.rules[0].matches == ("the zebra",)


def test_touching_the_file_changes_nothing(house):
    notes = Notes()
    live = house.worker(observers=[notes])
    guard = live.guard
    house.put(banning("tulip"))
    settle(live)
    assert live.guard is guard
    assert notes.of("policy_loaded") == notes.of("policy_refused") == []


def test_sighup_loads_the_policy_again_though_its_file_is_the_same(house):
    live = house.worker()
    guard = live.guard
    before = signal.getsignal(signal.SIGHUP)
    try:
        live.listen()
        signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    live.poll()
    assert live.guard is not guard
    assert live.policy.digest == guard.policy.digest


def test_sessions_questions_and_the_key_outlive_a_reload(house):
    live = house.worker()
    say(live, "hello")
    old = live.guard
    house.put(banning("rose"))
    settle(live)
    for name in ("sessions", "vault", "escalations", "key", "observers"):
        assert getattr(live.guard, name) is getattr(old, name)
    assert live.exchange(ALICE)._session.history[0].text == "hello"


def test_the_workers_of_an_old_policy_go_with_its_last_request(house):
    live = house.worker()
    exchange = live.exchange(ALICE)
    closed = []
    pipeline = live._kept[0].guard.pipeline
    lease = weakref.ref(live._kept[0].guard.lease)
    pipeline._workers.close = lambda: closed.append(1)
    for phrase in ("rose", "lily"):
        house.put(banning(phrase))
        settle(live)
    gc.collect()
    assert lease() is not None
    assert not exchange.input([segment("a tulip", Source.USER)]).passes
    del exchange
    gc.collect()
    assert (lease(), closed) == (None, [1])


def test_a_start_with_a_bad_policy_is_refused(house):
    house.put("name = ", locked=False)
    with pytest.raises(SetupError):
        LiveGuard(house.path, folder=house.state)


def test_a_shared_store_needs_a_shared_key(house, monkeypatch):
    monkeypatch.delenv("SHIELD_KEY", raising=False)
    with pytest.raises(SetupError, match="SHIELD_KEY"):
        LiveGuard(house.path, folder=house.state, store="redis://127.0.0.1:1/0")


def test_shadow_judges_everything_and_carries_out_nothing(house):
    notes = Notes()
    live = house.worker(observers=[notes])
    orders.switch(house.state, "shadow", "too many refusals")
    outcome = say(live, "a tulip")
    assert outcome.passes
    assert (outcome.verdict.decision, outcome.verdict.enforced) == (Decision.BLOCK, False)
    assert live.standing().mode == "shadow"
    assert notes.verdicts == [outcome.verdict]


def test_off_looks_at_nothing_and_says_so(house):
    live = house.worker()
    orders.switch(house.state, "off", "incident 7")
    exchange = live.exchange(ALICE)
    outcome = exchange.input([segment("a tulip", Source.USER)])
    said = exchange.output("a tulip")
    assert outcome.passes
    assert said.passes
    assert [s.reason for s in outcome.verdict.coverage.skipped] == [SkipReason.SWITCHED_OFF]
    assert (outcome.verdict.coverage.chars, outcome.verdict.enforced) == (0, False)
    assert live.standing().mode == "off"


def test_a_stream_passes_unjudged_while_judging_is_off(house):
    live = house.worker()
    orders.switch(house.state, "off", "incident 7")
    gate = live.exchange(ALICE).stream()
    assert gate.feed("a tulip") + gate.end() == "a tulip"


def test_what_passed_while_judging_was_off_is_judged_when_it_comes_again(house):
    live = house.worker()
    orders.switch(house.state, "off", "incident 7")
    say(live, "a tulip")
    orders.switch(house.state, "enforce", "")
    texts = [segment("a tulip", Source.USER, turn=0), segment("and now?", Source.USER, turn=1)]
    assert not live.exchange(ALICE).input(texts).passes


def test_an_order_is_logged_and_noted_once_with_its_reason(house, caplog):
    notes = Notes()
    live = house.worker(observers=[notes])
    orders.switch(house.state, "off", "incident 7")
    settle(live)
    assert caplog.text.count("mode off, by order: incident 7") == 1
    assert notes.of("order") == [{"mode": "off", "reason": "incident 7", "pinned": ""}]


def test_an_order_never_enforces_a_policy_that_observes(house):
    house.put(banning("tulip", more='mode = "observe"'))
    live = house.worker()
    orders.switch(house.state, "enforce", "")
    assert say(live, "a tulip").passes
    assert live.standing().mode == "shadow"


def test_the_kill_switch_holds_for_every_worker_while_one_is_busy_loading(house, monkeypatch):
    one, other = house.worker(), house.worker()
    clock = SimpleNamespace(now=1e9)  # later than what was looked at when they were made
    for live in (one, other):
        live._orders._clock = lambda: clock.now
        assert not say(live, "a tulip").passes
    loading, go_on = threading.Event(), threading.Event()

    def slow(path):
        loading.set()
        go_on.wait(60)
        raise SetupError("slow")

    monkeypatch.setattr("shield.ops.live.load", slow)
    one.reload()
    busy = threading.Thread(target=one.poll)
    busy.start()
    assert loading.wait(60)
    orders.switch(house.state, "off", "drill")
    clock.now += 1.0
    assert say(one, "a tulip").passes
    assert say(other, "a tulip").passes
    go_on.set()
    busy.join()


def test_a_rollback_serves_the_version_before_at_once_without_loading(house, monkeypatch):
    live = house.worker()
    first = live.policy.digest
    house.put(banning("rose"))
    settle(live)
    monkeypatch.setattr(live, "_built", None)
    assert orders.rollback(house.state, "refuses roses") == first
    assert not say(live, "a tulip").passes
    assert say(live, "a rose").passes
    assert live.standing().pinned
    assert live.policy.digest == first


def test_a_worker_that_starts_after_a_rollback_serves_the_pinned_version(house):
    live = house.worker()
    house.put(banning("rose"))
    settle(live)
    orders.rollback(house.state)
    late = house.worker()
    assert not say(late, "a tulip").passes
    assert late.standing().pinned


def test_a_rollback_holds_until_the_file_changes_to_something_good(house):
    live = house.worker()
    house.put(banning("rose"))
    settle(live)
    orders.rollback(house.state)
    house.put("name = ", locked=False)
    settle(live)
    assert not say(live, "a tulip").passes
    house.put(banning("lily"))
    settle(live)
    assert not say(live, "a lily").passes
    assert not live.standing().pinned


def test_a_rollback_taken_back_serves_the_file_again(house):
    live = house.worker()
    house.put(banning("rose"))
    settle(live)
    orders.rollback(house.state)
    settle(live)
    orders.release(house.state)
    assert not say(live, "a rose").passes


def test_a_version_that_is_gone_cannot_be_pinned_and_is_reported_once(house):
    notes = Notes()
    live = house.worker()
    house.put(banning("rose"))
    settle(live)
    pinned = orders.rollback(house.state)
    (house.state / "versions" / f"{pinned}.json").unlink()
    late = house.worker(observers=[notes])
    settle(late)
    assert not say(late, "a rose").passes
    assert len(notes.of("policy_refused")) == 1
    assert late.standing().failing


def test_a_state_folder_that_cannot_be_written_costs_rollbacks_and_nothing_else(house, caplog):
    house.state.write_text("a file stands where the folder should")
    live = house.worker()
    assert not say(live, "a tulip").passes
    assert "versions are not kept" in caplog.text
    house.state.unlink()


def test_what_polling_raises_does_not_end_it(house, monkeypatch, caplog):
    live = house.worker()
    twice = threading.Event()
    calls = []

    def fails():
        calls.append(1)
        if len(calls) > 1:
            twice.set()
        raise RuntimeError("disk on fire")

    monkeypatch.setattr(live, "poll", fails)
    live.start()
    live.reload()
    assert twice.wait(60)
    live.close()
    assert "what served serves on" in caplog.text


def test_alternating_policies_under_load_drop_and_let_pass_nothing(house):
    live = house.worker()
    stop, seen = threading.Event(), []

    def ask():
        while not stop.is_set():
            outcome = say(live, "a tulip and a rose")
            seen.append((outcome.passes, len(outcome.verdict.coverage.skipped)))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    texts = [
        banning("rose"),
        "name = ",
        banning("tulip"),
        banning("rose")[:40],
        banning("tulip", version="2"),
    ]
    for text in texts:
        house.put(text, locked=text.endswith("\n") and "scanners" in text)
        settle(live)
    stop.set()
    for thread in threads:
        thread.join()
    assert set(seen) == {(False, 0)}
    assert live.policy.document.version == "2"


def test_forgetting_reaches_the_stores_that_all_policies_share(house):
    live = house.worker()
    say(live, "hello")
    live.forget("alice")
    assert live.exchange(ALICE)._session.history == ()


def test_metrics_show_what_was_ordered_and_loaded(house):
    metrics = Metrics()
    live = house.worker(observers=[metrics])
    metrics.follow(live.standing)
    house.put("name = ", locked=False)
    settle(live)
    orders.switch(house.state, "off", "drill")
    say(live, "a tulip")
    shown = metrics.text().decode()
    assert 'shield_mode{mode="off"} 1.0' in shown
    assert 'shield_policy_reloads_total{result="bad"} 1.0' in shown
    assert "shield_policy_failing 1.0" in shown
    assert 'shield_fail_open_total{reason="switched_off"} 1.0' in shown


def test_nothing_of_the_traffic_is_logged(house, caplog):
    caplog.set_level(logging.DEBUG)
    live = house.worker()
    say(live, "zanzibar tulip")
    house.put("name = ", locked=False)
    settle(live)
    assert "zanzibar" not in caplog.text


def test_a_running_worker_takes_a_new_file_by_itself(house):
    taken = threading.Event()

    class Heard(Notes):
        def note(self, event, **facts):
            if event == "policy_loaded":
                taken.set()

    live = house.worker(observers=[Heard()])
    live.start()
    house.put(banning("rose"))
    assert taken.wait(60)
    assert not say(live, "a rose").passes
