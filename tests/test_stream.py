import re

import pytest

from shield.guard import Guard
from shield.pipeline import Detection
from shield.stream import OutputGate, State
from shield.types import (
    REFUSAL,
    Caller,
    Checkpoint,
    Coverage,
    Decision,
    Finding,
    Outcome,
    Severity,
    Skip,
    SkipReason,
    Span,
    Verdict,
)
from tests.growth import assert_linear
from tests.streams import SECRET, secret_policy, sliced

WORDS = "This is an honest sentence about the weather. "


@pytest.fixture(scope="module")
def policy():
    return secret_policy()


@pytest.fixture(scope="module")
def guard(policy):
    made = Guard(policy)
    yield made
    made.close()


def run(gate, pieces):
    """What left before the end, and in all."""
    early = "".join(gate.feed(piece) for piece in pieces)
    return early, early + gate.end()


class Fake:
    """A judge that finds what it is told to look for, and writes down what it was shown."""

    def __init__(self, policy, near=None, far=None, reach=40, skipped=()):
        self.policy, self.reach, self._skipped = policy, reach, skipped
        self._near, self._far = near, far
        self.stretches, self.prefixes = [], []

    def near(self, text):
        self.stretches.append(text)
        return self._found(self._near, text)

    def far(self, text):
        self.prefixes.append(text)
        return self._found(self._far, text)

    def whole(self, segments):
        found = [
            f for s in segments for look in (self._near, self._far) for f in finding(look, s.text)
        ]
        return Detection(tuple(found), Coverage(skipped=self._skipped))

    def _found(self, look, text):
        return Detection(tuple(finding(look, text)), Coverage(skipped=self._skipped))


def finding(pattern, text):
    if pattern is None:
        return
    name, _, shape = pattern.partition("|")
    for match in re.finditer(shape, text):
        spans = (Span(0, *match.span()),)
        yield Finding(f"secrets/{name}", "secrets", Severity.ERROR, 1.0, "Found.", spans)


def gate(judge, mode="hold", limit=100_000, lanes=64, asked=None):
    """A gate whose verdicts are made of what was found: the last is kept in `asked`."""

    def conclude(segments, found):
        if asked is not None:
            asked.append((segments, found))
        decision = Decision.ALLOW
        if found.findings:
            decision = max(map(judge.policy.decision, found.findings), key=lambda d: d.rank)
        for skip in found.coverage.skipped:
            decision = judge.policy.document.on_incomplete.get(skip.reason, Decision.BLOCK)
        enforced = judge.policy.document.mode == "enforce"
        verdict = Verdict(
            id="v",
            checkpoint=Checkpoint.OUTPUT,
            decision=decision,
            enforced=enforced,
            score=0,
            findings=found.findings,
            shadow=(),
            edits=(),
            coverage=found.coverage,
            policy="",
            elapsed_ms=0.0,
        )
        return Outcome(verdict, segments)

    return OutputGate(judge, conclude, mode=mode, limit=limit, lanes=lanes)


def test_a_clean_answer_leaves_unchanged_and_mostly_before_its_end(guard):
    text = WORDS * 20

    early, whole = run(guard.exchange().stream(), sliced(text, 4))

    assert whole == text
    assert len(early) > len(text) - 160


def test_no_more_than_a_sentence_is_held_back_of_honest_prose(policy):
    text, held, out = WORDS * 40, [], ""
    of = gate(Fake(policy))
    for i, char in enumerate(text):
        out += of.feed(char)
        held.append(i + 1 - len(out))

    assert sorted(held)[int(0.95 * len(held))] <= 160


def test_a_secret_in_the_middle_is_cut_out_and_the_rest_goes_on(guard):
    text = f"{WORDS * 5}The token is {SECRET} and it works. {WORDS * 5}"
    of = guard.exchange().stream()

    _, whole = run(of, sliced(text, 3))

    assert whole == text.replace(SECRET, "[REDACTED:github-token]")
    assert of.state is State.DONE
    assert of.outcome.decision is Decision.REDACT


@pytest.mark.parametrize("before", range(100, 200, 7))
def test_a_secret_across_a_judging_point_never_leaves_in_part(guard, before):
    text = f"{'a' * 50} {'b' * (before - 52)} {SECRET} {'c' * 300}"

    _, whole = run(guard.exchange().stream(), sliced(text, 10))

    assert whole == text.replace(SECRET, "[REDACTED:github-token]")


def test_a_private_key_over_many_lines_is_held_until_it_is_over(guard):
    key = "\n".join(
        [
            "-----BEGIN RSA " + "PRIVATE KEY-----",
            *[f"{n}Ab1+{chr(65 + n)}kZ9/qW{n}vT" * 4 for n in range(20)],
        ]
    )
    text = f"{WORDS * 4}{key}\n-----END RSA PRIVATE KEY-----\nThat was it. {WORDS * 3}"

    early, whole = run(guard.exchange().stream(), sliced(text, 9))

    assert "Ab1+" not in early
    assert "Ab1+" not in whole
    assert whole.endswith(f"That was it. {WORDS * 3}")


def test_the_verdict_is_the_one_of_the_whole_answer(guard):
    text = f"{WORDS * 3}{SECRET} and {SECRET[::-1]}. {WORDS}"
    of = guard.exchange().stream()
    _, whole = run(of, [text])

    outcome = guard.exchange().output(text)

    assert whole == outcome.segments[0].text
    assert of.outcome.decision is outcome.decision
    assert of.outcome.verdict.findings == outcome.verdict.findings
    assert of.outcome.verdict.coverage == outcome.verdict.coverage


def test_observers_hear_of_one_verdict(policy):
    heard = []

    class Notebook:
        def verdict(self, verdict, caller):
            heard.append(verdict.decision)

    guard = Guard(policy, observers=[Notebook()])
    run(guard.exchange().stream(), sliced(f"{WORDS * 9}{SECRET} {WORDS * 9}", 11))
    guard.close()

    assert heard == [Decision.REDACT]


def test_a_session_remembers_that_a_streamed_answer_declined(guard):
    caller = Caller(principal="alice", session="s-stream")
    run(guard.exchange(caller).stream(), sliced("I'm sorry, but I can't help with that.", 5))

    assert any(REFUSAL in turn.signs for turn in guard.exchange(caller)._session.trail)


def test_a_block_cuts_the_stream_before_what_was_found(policy):
    text = f"{WORDS * 4}Now the evil part begins here. {WORDS * 4}"
    of = gate(Fake(policy, far="evil|evil"))

    _, whole = run(of, sliced(text, 5))

    assert whole == WORDS * 4
    assert of.cut
    assert of.outcome.decision is Decision.BLOCK


def test_nothing_leaves_after_a_cut(policy):
    of = gate(Fake(policy, near="evil|evil"))

    of.feed(f"evil {WORDS}")

    assert of.cut
    assert of.feed(WORDS * 3) == ""
    assert of.end() == ""


def test_what_is_found_late_cuts_the_stream(policy):
    # Only the end says that the beginning, long gone by then, should not have left.
    text = f"alpha {WORDS * 3} omega. {WORDS}"
    of = gate(Fake(policy, far=r"word|alpha[\s\S]*omega"))

    _, whole = run(of, sliced(text, 6))

    assert of.cut
    assert "omega" not in whole
    assert "pipeline/late" in {f.rule for f in of.outcome.verdict.findings}


def test_what_only_the_whole_shows_cuts_at_the_end(policy):
    class Slow(Fake):
        def far(self, text):
            return Detection((), Coverage())

    text = f"alpha {WORDS * 3} omega"
    of = gate(Slow(policy, far=r"word|alpha[\s\S]*omega"))

    _, whole = run(of, [text])

    assert of.cut
    assert text.startswith(whole)
    assert "omega" not in whole


def test_a_stretch_is_judged_with_the_context_that_is_needed(policy):
    judge = Fake(policy, reach=40)

    run(gate(judge), sliced(WORDS * 30, 8))

    text = WORDS * 30
    assert all(s in text for s in judge.stretches)
    assert all(len(s) >= 40 + 32 for s in judge.stretches[3:])
    assert max(map(len, judge.stretches)) <= 40 + 2 * 160


def test_a_long_prefix_is_judged_by_its_last_characters_and_the_whole_at_the_end(policy):
    judge, asked = Fake(policy), []
    text = WORDS * 200

    run(gate(judge, asked=asked), sliced(text, 50))

    assert max(map(len, judge.prefixes)) == 4096
    assert asked[-1][0][0].text == text


def test_buffer_releases_nothing_before_the_end(guard):
    text = f"{WORDS * 5}{SECRET} {WORDS}"

    early, whole = run(guard.exchange().stream("buffer"), sliced(text, 20))

    assert early == ""
    assert whole == text.replace(SECRET, "[REDACTED:github-token]")


def test_a_policy_that_only_observes_delays_nothing_and_reports(policy):
    judge = Fake(secret_policy(mode="observe"), near="evil|evil")
    of = gate(judge)

    assert of.feed("evil") == "evil"
    assert of.end() == ""
    assert of.state is State.DONE
    assert of.outcome.verdict.decision is Decision.BLOCK


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_an_answer_over_the_limit_is_cut_at_the_same_place_however_it_comes(policy, size):
    of = gate(Fake(policy), limit=200)

    _, whole = run(of, sliced(WORDS * 10, size))

    assert of.cut
    assert whole == WORDS * 4
    assert of.outcome.verdict.coverage.skipped == (Skip("", SkipReason.LIMIT),)


def test_the_limit_counts_bytes_and_splits_no_character(policy):
    asked = []
    of = gate(Fake(policy), limit=10, asked=asked)

    of.feed("ééééééé")

    assert asked[0][0][0].text == "ééééé"


def test_a_policy_that_accepts_what_was_not_looked_at_lets_the_rest_pass(policy):
    lenient = secret_policy(on_incomplete={SkipReason.LIMIT: Decision.ALLOW})
    of = gate(Fake(lenient), limit=100)

    _, whole = run(of, sliced(WORDS * 10, 6))

    assert whole == WORDS * 10
    assert of.outcome.verdict.coverage.skipped == (Skip("", SkipReason.LIMIT),)


def test_a_picture_by_the_way_is_counted_and_the_rest_is_judged_as_before(policy):
    of = gate(Fake(policy, near="evil|evil"))
    of.omit(SkipReason.MEDIA)
    first = of.feed(WORDS * 2)
    of.feed(f"so evil. {WORDS}")

    assert first.startswith(WORDS)
    assert of.cut
    assert of.outcome.verdict.coverage.skipped == (Skip("", SkipReason.MEDIA),)


def test_a_picture_stands_on_the_receipt_of_a_clean_answer(policy):
    of = gate(Fake(policy))
    of.omit(SkipReason.MEDIA)

    _, whole = run(of, [WORDS])

    assert whole == WORDS
    assert of.outcome.verdict.coverage.skipped == (Skip("", SkipReason.MEDIA),)


@pytest.mark.parametrize(
    ("changes", "cut"),
    [({"on_incomplete": {}}, True), ({"on_incomplete": {}, "mode": "observe"}, False)],
)
def test_a_picture_that_the_policy_does_not_take_cuts_unless_it_only_observes(changes, cut):
    of = gate(Fake(secret_policy(**changes)))

    of.omit(SkipReason.MEDIA)

    assert of.cut is cut


def test_what_a_scanner_could_not_look_at_cuts_at_once(policy):
    of = gate(Fake(policy, skipped=(Skip("", SkipReason.DEADLINE),)))

    _, whole = run(of, sliced(WORDS * 5, 6))

    assert (whole, of.cut) == ("", True)


def test_lanes_are_judged_apart_and_a_cut_is_for_all(policy):
    of = gate(Fake(policy, near="evil|evil"))

    first = of.feed(WORDS * 2, "a")
    second = of.feed(f"so evil. {WORDS}", "b")

    assert first == WORDS * 2
    assert second == ""
    assert of.feed(WORDS, "a") == ""


def test_too_many_lanes_are_not_looked_at(policy):
    of = gate(Fake(policy), lanes=2)
    for name in "abc":
        of.feed(WORDS, name)

    assert of.cut
    assert of.outcome.verdict.coverage.skipped[0].reason is SkipReason.LIMIT


def test_the_owner_of_pieces_learns_what_left_in_their_place(guard):
    of = guard.exchange().stream()
    text = f"See {SECRET}, and no more than that. "
    of.feed(text)

    middle = 4 + len(SECRET) // 2
    assert of.released("") == len(text)
    assert of.shown("", 0, text[:middle]) == "See [REDACTED:github-token]"
    assert of.shown("", middle, text[middle:]) == ", and no more than that. "


def test_a_settled_lane_leaves_up_to_its_end(policy):
    of = gate(Fake(policy))
    of.feed("gpt-5", "model")

    assert of.released("model") == 0
    of.settle("model")
    assert of.released("model") == 5


def test_another_checkpoints_refusal_cuts(policy, guard):
    of = gate(Fake(policy))
    refused = guard.exchange().output("x", skipped=[Skip("", SkipReason.LIMIT)])

    of.abandon(refused)

    assert of.cut
    assert of.outcome is refused


@pytest.mark.parametrize("text", ["\n" * 5000, "." * 5000, "a" * 5000, "A1 " * 1700, "。" * 5000])
def test_hostile_texts_are_judged_at_few_points(policy, text):
    judge = Fake(policy, reach=100)

    _, whole = run(gate(judge), [text])

    assert whole == text
    assert len(judge.stretches) <= len(text) / 32 + 1
    assert sum(map(len, judge.stretches)) <= 12 * len(text)


def test_a_finding_that_never_ends_costs_no_more_than_the_text(policy):
    judge = Fake(policy, near=r"word|x+$", reach=100)

    _, whole = run(gate(judge), sliced("x" * 20_000, 100))

    assert whole == "[REDACTED:word]"
    assert sum(map(len, judge.stretches)) <= 12 * 20_000


def feed(policy, text, size):
    class Quiet(Fake):
        def near(self, text):
            return self._found(self._near, text)

        far = near

    of = gate(Quiet(policy), limit=10**7)
    for piece in sliced(text, size):
        of.feed(piece)
    of.end()


@pytest.mark.parametrize(
    ("unit", "size"), [(WORDS, 9), ("x", 10**7), ("A1 ", 10**7), ("漢", 50), ("\n", 10**7)]
)
def test_the_gates_own_time_grows_with_the_text(policy, unit, size):
    def work(length):
        text = unit * (length // len(unit))
        return lambda: feed(policy, text, size)

    assert_linear(work, 65_536, 262_144, slack=0.01)
