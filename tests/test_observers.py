"""Who is told what: verdicts to all, what they were about to witnesses, times to stopwatches."""

from shield.guard import Guard
from shield.label import segment
from shield.observers import Stopwatch, Witness, clocked, tell
from shield.types import Caller, Source


class Plain:
    def __init__(self):
        self.told = []

    def verdict(self, verdict, caller):
        self.told.append(("verdict", verdict))


class Curious(Plain):
    def witness(self, verdict, caller, about):
        self.told.append(("witness", about))


class Timing(Plain):
    def took(self, scanner, seconds):
        self.told.append((scanner, seconds))


def test_a_witness_is_told_once_and_what_it_was_about():
    plain, curious, asked = Plain(), Curious(), []
    tell([plain, curious, Curious()], "v", Caller(), lambda: asked.append(1) or "about")
    assert plain.told == [("verdict", "v")]
    assert curious.told == [("witness", "about")]
    assert asked == [1]


def test_nobody_asks_what_it_was_about_without_a_witness():
    tell([Plain()], "v", Caller(), None)


def test_only_stopwatches_are_told_times():
    assert clocked([Plain(), Curious()]) is None
    one, other = Timing(), Timing()
    clocked([one, Plain(), other])("pii", 0.5)
    assert one.told == other.told == [("pii", 0.5)]
    assert isinstance(one, Stopwatch)
    assert not isinstance(one, Witness)


def test_a_scanner_that_fails_is_timed_too(small_policy):
    watch = Timing()
    guard = Guard(small_policy("secrets"), observers=[watch])
    scanner = guard.pipeline.scanners[0].scanner

    def fails(subject):
        raise RuntimeError("broken")

    scanner.scan = fails
    outcome = guard.exchange().input([segment("hello", Source.USER)])
    guard.close()
    (name, seconds), told = watch.told
    assert (name, told[0], outcome.passes) == ("secrets", "verdict", False)
    assert 0 <= seconds < 5
