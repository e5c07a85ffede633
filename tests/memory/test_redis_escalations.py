"""Questions in a real Redis: whoever asked, whoever answers, an approval is good once, for all workers together."""

import threading

import pytest
import redis

from shield.errors import StoreError
from shield.memory.escalations import Question, State
from shield.memory.records import Room
from shield.memory.redis_escalations import RedisEscalations
from shield.types import Checkpoint
from tests.redis_server import running

SECRET = b"k" * 32
ROOM = Room(seconds=60, most=9, per_owner=3, size=100_000)
ASKED = Question("owner", "session", Checkpoint.ACTION, "digest", "May it?", ("a/b",))


class Wall:
    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("redis")) as made:
        yield made


@pytest.fixture
def client(server):
    with redis.Redis.from_url(server.url) as made:
        made.flushall()
        yield made


@pytest.fixture
def wall():
    return Wall()


@pytest.fixture
def worker(server, client, wall):
    made = []

    def start(room=ROOM):
        made.append(redis.Redis.from_url(server.url))
        return RedisEscalations(made[-1], SECRET, room, wall=wall)

    yield start
    for each in made:
        each.close()


def other(**changes):
    return Question(**{**{f: getattr(ASKED, f) for f in ASKED.__struct_fields__}, **changes})


def test_what_is_approved_on_one_worker_passes_on_another_once(worker):
    one, two, three = worker(), worker(), worker()
    made = one.ask(ASKED)
    assert not two.take(ASKED)
    assert two.decide(made.id, approve=True).state is State.APPROVED
    assert three.take(ASKED)
    assert not one.take(ASKED)
    assert [e.state for e in one.all()] == [State.USED]


@pytest.mark.parametrize(
    "changes", [{"digest": "digest2"}, {"session": "other"}, {"owner": "other"}, {"digest": ""}]
)
def test_an_approval_is_good_for_nothing_else(worker, changes):
    store = worker()
    store.decide(store.ask(ASKED).id, approve=True)
    assert not store.take(other(**changes))
    assert store.take(ASKED)


def test_a_denial_lets_nothing_pass_and_an_answer_is_final(worker):
    store = worker()
    made = store.ask(ASKED)
    assert store.decide(made.id, approve=False).state is State.DENIED
    assert store.decide(made.id, approve=True) is None
    assert not store.take(ASKED)
    assert store.decide("nobody", approve=True) is None
    assert store.decide("", approve=True) is None


def test_the_same_question_is_asked_once_and_an_old_id_answers_no_new_one(worker):
    one, two = worker(), worker()
    first = one.ask(ASKED)
    assert two.ask(ASKED) == first
    one.decide(first.id, approve=False)
    second = two.ask(ASKED)
    assert second.id != first.id
    assert one.decide(first.id, approve=True) is None
    assert not two.take(ASKED)


def test_an_approval_that_comes_between_looking_and_asking_is_not_lost(worker):
    one, two = worker(), worker()
    made = one.ask(ASKED)
    assert not two.take(ASKED)
    one.decide(made.id, approve=True)
    assert two.ask(ASKED).state is State.APPROVED
    assert two.take(ASKED)


def test_questions_and_approvals_expire_however_late_they_were_answered(worker, wall):
    store = worker()
    made = store.ask(ASKED)
    wall.now += 59
    store.decide(made.id, approve=True)
    wall.now += 1
    assert not store.take(ASKED)
    assert store.all() == ()
    late = store.ask(ASKED)
    wall.now += 61
    assert store.decide(late.id, approve=True) is None


def test_workers_that_take_at_once_use_an_approval_once(worker):
    store = worker()
    store.decide(store.ask(ASKED).id, approve=True)
    took, begin = [], threading.Barrier(4)

    def work(mine):
        begin.wait(30)
        took.append(mine.take(ASKED))

    threads = [threading.Thread(target=work, args=(worker(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(took) == [False, False, False, True]


def test_workers_that_ask_at_once_ask_one_question(worker):
    ids, begin = [], threading.Barrier(4)

    def work(mine):
        begin.wait(30)
        ids.append(mine.ask(ASKED).id)

    threads = [threading.Thread(target=work, args=(worker(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(ids) == 4
    assert len(set(ids)) == len(worker().all()) == 1


def test_an_owner_and_all_owners_have_bounded_room(worker):
    store = worker()
    for number in range(5):
        store.ask(other(digest=str(number)))
    assert [e.question.digest for e in store.all()] == ["2", "3", "4"]
    for number in range(12):
        store.ask(other(owner=f"o{number}"))
    assert len(store.all()) == 9


def test_what_is_shown_is_bounded_and_keeps_every_character(worker):
    shown = "\ud800 😀" + "x" * 9_000
    made = worker().ask(other(shown=shown))
    (held,) = worker().all()
    assert held == made
    assert held.question.shown == shown[:8_000]


def test_nothing_of_a_question_reaches_the_server_in_the_clear(worker, client):
    worker().ask(other(shown="pay eve@attacker.example"))
    held = str([client.hgetall(k) for k in client.keys("*record*")])
    assert "record" not in held
    assert "attacker" not in held


def test_questions_are_erased_with_their_owner(worker):
    one, two = worker(), worker()
    one.decide(one.ask(ASKED).id, approve=True)
    one.ask(other(owner="bob"))
    two.forget_owner("owner")
    assert [e.question.owner for e in one.all()] == ["bob"]
    assert not one.take(ASKED)


def test_what_another_key_has_sealed_approves_nothing(worker, server, wall):
    store = worker()
    store.decide(store.ask(ASKED).id, approve=True)
    with redis.Redis.from_url(server.url) as theirs:
        stranger = RedisEscalations(theirs, b"x" * 32, ROOM, wall=wall)
        assert stranger.all() == ()
        assert not stranger.take(ASKED)


def test_a_question_of_another_release_is_a_failure_of_the_store(worker, wall):
    store = worker()
    store._records.change("a" * 32, "owner", lambda _: b'{"form": 2}')
    with pytest.raises(StoreError):
        store.all()


def test_a_store_that_is_gone_raises_in_every_method(tmp_path):
    with running(tmp_path) as server:
        store = RedisEscalations.of(server.url, SECRET)
        made = store.ask(ASKED)
        server.stop()
        for use in (
            lambda: store.ask(ASKED),
            lambda: store.take(ASKED),
            lambda: store.decide(made.id, approve=True),
            store.all,
            lambda: store.forget_owner("owner"),
        ):
            with pytest.raises(StoreError):
                use()
        server.start()
        store._records._until = 0.0  # a second later
        assert not store.take(ASKED)
