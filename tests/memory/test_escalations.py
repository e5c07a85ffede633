"""Questions are bounded and expire; an approval is good for one thing, once."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.memory.escalations import LocalEscalations, Question, State, Statistics
from shield.types import Checkpoint

ASKED = Question("owner", "session", Checkpoint.ACTION, "digest", "May it?", ("a/b",))


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    return LocalEscalations(seconds=60, most=5, per_owner=3, clock=clock)


def other(**changes):
    return Question(**{**{f: getattr(ASKED, f) for f in ASKED.__struct_fields__}, **changes})


def test_an_approval_is_used_once(store):
    made = store.ask(ASKED)
    assert not store.take(ASKED)
    assert store.decide(made.id, approve=True).state is State.APPROVED
    assert store.take(ASKED)
    assert not store.take(ASKED)
    assert store.all()[0].state is State.USED


@pytest.mark.parametrize(
    "changes", [{"digest": "digest2"}, {"session": "other"}, {"owner": "other"}, {"digest": ""}]
)
def test_an_approval_is_good_for_nothing_else(store, changes):
    store.decide(store.ask(ASKED).id, approve=True)
    assert not store.take(other(**changes))
    assert store.take(ASKED)


def test_a_denial_lets_nothing_pass_and_an_answer_is_final(store):
    made = store.ask(ASKED)
    assert store.decide(made.id, approve=False).state is State.DENIED
    assert store.decide(made.id, approve=True) is None
    assert not store.take(ASKED)
    assert store.decide("nobody", approve=True) is None


def test_the_same_question_is_asked_once_until_it_is_answered(store):
    first = store.ask(ASKED)
    assert store.ask(ASKED).id == first.id
    store.decide(first.id, approve=False)
    assert store.ask(ASKED).id != first.id


def test_questions_and_approvals_expire(store, clock):
    made = store.ask(ASKED)
    store.decide(made.id, approve=True)
    clock.now = 60.0
    assert not store.take(ASKED)
    assert store.all() == ()
    late = store.ask(ASKED)
    clock.now = 125.0
    assert store.decide(late.id, approve=True) is None


def test_a_clock_that_is_set_back_or_breaks_keeps_nothing_alive(store, clock):
    clock.now = 50.0
    store.ask(ASKED)
    clock.now = -1000.0
    store.ask(other(digest="x"))
    clock.now = float("nan")
    assert len(store.all()) == 2
    clock.now = 110.0
    assert store.all() == ()


def test_one_owner_and_all_owners_are_bounded(store):
    for n in range(6):
        store.ask(other(digest=str(n)))
    assert [e.question.digest for e in store.all()] == ["3", "4", "5"]
    for n in range(6):
        store.ask(other(owner=str(n)))
    assert len(store.all()) == 5


def test_what_is_shown_is_bounded(store):
    assert len(store.ask(other(shown="x" * 99_999)).question.shown) == 8_000


def test_an_owner_can_be_forgotten(store):
    store.decide(store.ask(ASKED).id, approve=True)
    store.ask(other(owner="b"))
    store.forget_owner("owner")
    assert [e.question.owner for e in store.all()] == ["b"]
    assert not store.take(ASKED)


def test_answers_are_counted_and_their_time(store, clock):
    assert store.statistics() == Statistics(0, 0.0, 0.0)
    for n, yes in enumerate([True, True, False]):
        made = store.ask(other(digest=str(n)))
        clock.now += 2.0 * (n + 1)
        store.decide(made.id, approve=yes)
    assert store.statistics() == Statistics(3, 2 / 3, 4.0)


def test_approving_nearly_everything_is_a_sign():
    assert Statistics(50, 0.96, 1.0).rubber_stamped
    assert not Statistics(49, 1.0, 1.0).rubber_stamped
    assert not Statistics(500, 0.95, 1.0).rubber_stamped


def test_of_many_at_once_one_takes_it():
    store = LocalEscalations()
    store.decide(store.ask(ASKED).id, approve=True)
    took = []
    threads = [threading.Thread(target=lambda: took.append(store.take(ASKED))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(took) == 1


@given(st.lists(st.tuples(st.sampled_from("adt"), st.sampled_from("xyz")), max_size=30))
def test_nothing_is_taken_more_often_than_it_was_approved(actions):
    store = LocalEscalations()
    approved, taken = dict.fromkeys("xyz", 0), dict.fromkeys("xyz", 0)
    for action, name in actions:
        question = other(digest=name)
        if action == "a":
            approved[name] += store.decide(store.ask(question).id, approve=True) is not None
        elif action == "d":
            store.decide(store.ask(question).id, approve=False)
        else:
            taken[name] += store.take(question)
    assert all(taken[name] <= approved[name] for name in "xyz")
