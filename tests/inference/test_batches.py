"""Batches: no wait when idle, shared when busy, fair, and nobody's work is lost."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.errors import InferenceError
from shield.inference.batches import BATCH_TOKENS, Batches
from tests.inference.recorder import PATIENCE, Recorder, arrived, held, row


@pytest.fixture
def graph():
    return Recorder()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(24) as made:
        yield made


def test_nothing_asked_is_nothing_run(graph):
    assert (Batches(graph)([]), graph.batches) == ([], [])


def test_an_idle_graph_is_asked_at_once_on_the_callers_own_thread():
    seen = []
    batches = Batches(lambda rows: [seen.append(threading.get_ident()) for _ in rows])
    batches([row(1)])
    assert seen == [threading.get_ident()]


def test_callers_that_come_while_the_graph_runs_share_the_next_batch(graph, pool):
    batches = Batches(graph)
    first = held(graph, batches, pool)
    later = [pool.submit(batches, [row(n)]) for n in range(10)]
    arrived(batches, 11)
    graph.go.set()
    assert [f.result(PATIENCE) for f in (*first, *later)] == [[1000], *([n] for n in range(10))]
    assert list(map(len, graph.batches)) == [1, 10]


def test_rows_of_unlike_length_do_not_share_a_batch(graph, pool):
    batches = Batches(graph)
    first = held(graph, batches, pool)
    later = [pool.submit(batches, [row(n, length)]) for n, length in enumerate([4, 100, 9, 99])]
    arrived(batches, 5)
    graph.go.set()
    assert [f.result(PATIENCE) for f in (*first, *later)] == [[1000], [0], [1], [2], [3]]
    lengths = [{-(-len(r) // 16) for r in batch} for batch in graph.batches]
    assert all(len(buckets) == 1 for buckets in lengths)
    assert len(graph.batches) == 3


def test_a_graph_that_mixes_rows_runs_them_one_by_one(graph, pool):
    batches = Batches(graph, most=1)
    held(graph, batches, pool)
    later = [pool.submit(batches, [row(n), row(n + 50)]) for n in range(4)]
    arrived(batches, 5)
    graph.go.set()
    assert [f.result(PATIENCE) for f in later] == [[n, n + 50] for n in range(4)]
    assert set(map(len, graph.batches)) == {1}


def test_a_batch_is_bounded_by_its_tokens(graph):
    Batches(graph)([row(n, 128) for n in range(30)])
    assert max(len(b) * 128 for b in graph.batches) == BATCH_TOKENS


def test_a_row_longer_than_a_batch_runs_alone(graph):
    assert Batches(graph)([row(7, BATCH_TOKENS * 2)]) == [7]


def test_a_short_text_does_not_wait_for_the_whole_of_a_long_one(graph, pool):
    batches = Batches(graph)
    graph.go.clear()
    long = pool.submit(batches, [row(n, 256) for n in range(40)])
    assert graph.entered.acquire(timeout=PATIENCE)
    short = pool.submit(batches, [row(5)])
    arrived(batches, 2)
    graph.go.set()
    assert short.result(PATIENCE) == [5]
    assert long.result(PATIENCE) == list(range(40))
    place = next(i for i, batch in enumerate(graph.batches) if len(batch[0]) == 4)
    assert place <= 2


@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_no_more_batches_run_at_a_time_than_there_are_lanes(graph, pool, lanes):
    batches = Batches(graph, lanes)
    first = held(graph, batches, pool, lanes)
    later = [pool.submit(batches, [row(n, 16 * n + 1)]) for n in range(8)]
    arrived(batches, lanes + 8)
    graph.go.set()
    assert [f.result(PATIENCE) for f in later] == [[n] for n in range(8)]
    assert [f.result(PATIENCE)[0] for f in first] == [1000 + n for n in range(lanes)]
    assert graph.most_running == lanes


def test_a_second_lane_is_used_while_a_long_text_holds_the_first(graph, pool):
    batches = Batches(graph, lanes=2)
    graph.go.clear()
    long = pool.submit(batches, [row(n, 256) for n in range(10)])
    assert graph.entered.acquire(timeout=PATIENCE)
    short = pool.submit(batches, [row(5)])
    assert graph.entered.acquire(timeout=PATIENCE), "the second lane stands idle"
    graph.go.set()
    assert (short.result(PATIENCE), long.result(PATIENCE)) == ([5], list(range(10)))


def test_a_failure_reaches_every_caller_of_the_batch_and_nobody_else(graph, pool):
    batches = Batches(graph)
    first = held(graph, batches, pool)
    shared = [pool.submit(batches, [row(n)]) for n in (1, 13, 2)]
    apart = pool.submit(batches, [row(3, 100)])
    arrived(batches, 5)

    def unlucky(rows):
        if any(r[0] == 13 for r in rows):
            raise InferenceError("nonsense")

    graph.broken = unlucky
    graph.go.set()
    assert [type(f.exception(PATIENCE)) for f in shared] == [InferenceError] * 3
    assert (first[0].result(PATIENCE), apart.result(PATIENCE)) == ([1000], [3])
    assert Batches(graph)([row(4)]) == [4]


def test_a_failed_caller_does_not_run_the_rest_of_its_rows(graph):
    def fail(rows):
        raise InferenceError("nonsense")

    graph.broken = fail
    with pytest.raises(InferenceError):
        Batches(graph)([row(n, 256) for n in range(40)])
    assert len(graph.batches) == 1


def test_an_answer_too_few_is_an_error_for_all():
    batches = Batches(lambda rows: [0] * (len(rows) - 1))
    with pytest.raises(ValueError, match="shorter"):
        batches([row(1), row(2)])


def test_a_caller_whose_last_answer_comes_as_it_looks_for_work_does_not_wait(graph, monkeypatch):
    batches = Batches(graph)
    inner = batches._taken

    def late(job):
        """Another lane answers between the look at the job and the look for work."""
        for n, row_ in enumerate(job.rows):
            job.answers[n] = sum(row_)
        job.todo.clear()
        return inner(job)

    monkeypatch.setattr(batches, "_taken", late)
    thread = threading.Thread(target=batches, args=([row(1)],), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()


@pytest.mark.parametrize("lanes", [1, 2])
def test_every_answer_finds_its_caller_under_load(graph, pool, lanes):
    batches = Batches(graph, lanes)

    def ask(n):
        rows = [row(100 * n + i, 1 + (7 * n + 13 * i) % 200) for i in range(n % 9)]
        return batches(rows) == [r[0] for r in rows]

    assert Counter(pool.map(ask, range(600))) == {True: 600}
    assert not batches._jobs
    assert batches._free == lanes


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 600)), max_size=60))
def test_rows_of_all_lengths_are_answered_in_the_order_of_asking(shapes):
    rows = [row(value, length) for value, length in shapes]
    assert Batches(lambda batch: list(map(sum, batch)))(rows) == [value for value, _ in shapes]
