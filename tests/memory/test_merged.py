"""What two workers remembered side by side is made one, and a second merging changes nothing."""

from hypothesis import given
from hypothesis import strategies as st

from shield.label import segment
from shield.memory.merged import merged
from shield.memory.session import Session
from shield.types import Decision, Source, Step, Turn


def _texts(*names):
    return tuple(segment(n, Source.USER) for n in names)


def test_what_is_kept_and_unknown_stands_before_what_is_mine():
    assert merged(Session(_texts("a", "b")), Session(_texts("a", "c"))).history == _texts(
        "b", "a", "c"
    )


def test_my_own_account_of_a_turn_holds():
    old, new = Turn("d", Decision.ALLOW), Turn("d", Decision.BLOCK)
    assert merged(Session((), (old,)), Session((), (new,))).trail == (new,)


def test_a_call_made_twice_is_kept_twice():
    pay = Step("pay", "x")
    assert merged(Session(steps=(pay, pay)), Session(steps=(pay,))).steps == (pay, pay)
    assert merged(Session(steps=(pay,)), Session(steps=(pay, pay))).steps == (pay, pay)


sessions = st.builds(
    Session,
    st.lists(st.sampled_from("abcd"), unique=True).map(lambda names: _texts(*names)),
    st.lists(st.sampled_from("wxyz"), unique=True).map(
        lambda names: tuple(Turn(n, Decision.ALLOW) for n in names)
    ),
    st.lists(st.sampled_from("pq")).map(lambda names: tuple(Step(n, n) for n in names)),
)


@given(sessions, sessions)
def test_nothing_is_lost_and_merging_again_changes_nothing(kept, mine):
    both = merged(kept, mine)
    assert {s.text for s in both.history} == {s.text for s in (*kept.history, *mine.history)}
    assert {t.digest for t in both.trail} == {t.digest for t in (*kept.trail, *mine.trail)}
    assert merged(kept, both) == both == merged(both, both)
    assert both.steps[len(both.steps) - len(mine.steps) :] == mine.steps
