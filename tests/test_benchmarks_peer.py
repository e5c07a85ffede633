"""The comparison with LLM Guard, without LLM Guard: its figures, its protocol, its way out."""

import json
import os
import sys
from types import SimpleNamespace

import pytest

from benchmarks import peer_llm_guard
from benchmarks.peers import cores, llm_guard_home
from benchmarks.peers.child import Child
from benchmarks.peers.figures import p95, share_read, shortfall, speed_up
from benchmarks.peers.serve import serve
from benchmarks.peers.texts import sized


class NoisySide:
    """Counts words, and writes while it loads and scans, as LLM Guard does."""

    def __init__(self):
        sys.stdout.write("loading\n")
        self.about = {"noisy": "1.0"}

    def tokens(self, text):
        return len(text.split())

    def scan(self, text):
        sys.stdout.write("scanned\n")
        return 0.5

    def shown(self, text):
        return {"fed": 2, "ranges": [(0, 3)], "answers": [0.5]}


@pytest.fixture
def child(tmp_path):
    with Child(sys.executable, "tests.test_benchmarks_peer", log=tmp_path / "log") as made:
        yield made


def test_what_a_side_prints_is_not_read_as_an_answer(child):
    assert child.ask("about") == {"noisy": "1.0"}
    assert child.ask("shown", text="one two")["tokens"] == 2


def test_a_side_times_as_many_texts_as_asked_and_of_the_size_asked(child):
    got = child.ask("time", tokens=20, count=3, seed="a")
    assert got["tokens"] == [20, 20, 20]
    assert len(got["milliseconds"]) == 3
    assert min(got["milliseconds"]) > 0


def test_a_side_that_ends_is_an_error_that_names_its_log(child, tmp_path):
    with pytest.raises(RuntimeError) as caught:
        child.ask("nonsense")
    assert str(tmp_path / "log") in str(caught.value)
    assert "nobody can answer nonsense" in (tmp_path / "log").read_text("utf-8")


def test_a_text_has_the_tokens_asked_for_and_differs_by_seed():
    def thirds(text):
        return len(text) // 3

    text = sized(100, "a", thirds)
    assert 97 <= thirds(text) <= 100
    assert text == sized(100, "a", thirds) != sized(100, "b", thirds)


def test_the_share_read_counts_gaps_and_overlaps_but_no_spaces():
    assert share_read("ab cd", [(0, 2), (3, 5)]) == 1.0
    assert share_read("ab cd", [(0, 2), (1, 4)]) == 0.75
    assert share_read("ab cd", []) == 0.0


def test_one_missed_bar_is_not_made_good_by_another():
    bars = {"torch 64": 15.0, "onnx 64": 8.0}
    assert shortfall({"torch 64": 30.0, "onnx 64": 7.0}, bars) > 1
    assert shortfall({"torch 64": 15.0, "onnx 64": 8.0}, bars) == 1


def test_speed_up_and_p95_are_of_medians_and_of_the_tail():
    assert speed_up([10.0, 20.0, 900.0], [1.0, 2.0, 90.0]) == 10.0
    assert p95([float(i) for i in range(101)]) == pytest.approx(95.0)


def test_core_time_of_others_is_what_is_left_of_the_busy_time(tmp_path, monkeypatch):
    core = min(os.sched_getaffinity(0))
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda _: {core}, raising=False)
    clock = iter([0.0, 10.0])
    monkeypatch.setattr(cores, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    (tmp_path / "7").mkdir()

    def kernel_says(busy, idle, ours):
        ticks = f"{int(busy * cores._TICK)} 0 0 {int(idle * cores._TICK)} 0 0 0 0 0 0"
        (tmp_path / "stat").write_text(f"cpu 9 9\ncpu{core} {ticks}\n")
        zeros = " ".join(["0"] * 10)
        (tmp_path / "7" / "stat").write_text(f"7 (a) b) S {zeros} {int(ours * cores._TICK)} 0 0 0")

    kernel_says(busy=100, idle=50, ours=20)
    outsiders = cores.Outsiders([7], proc=tmp_path)
    kernel_says(busy=108, idle=52, ours=25)
    assert outsiders.share() == pytest.approx(0.3)


def test_without_a_kernel_that_tells_there_is_no_figure(tmp_path):
    assert cores.Outsiders([], proc=tmp_path).share() is None


class FixedSide:
    """A child that is given `fed` of ten characters and minds the end, or not."""

    def __init__(self, end, *, minds):
        self.end, self.minds = end, minds

    def ask(self, ask, **given):
        if ask == "text":
            return "abcdefghij"
        text = given["text"]
        ranges = [(0, self.end or len(text))]
        answers = [float(len(text))] if self.minds else [0.0]
        return {"tokens": 1, "score": 0.0, "fed": 1, "ranges": ranges, "answers": answers}


@pytest.mark.parametrize(
    ("shield", "peer", "failures"),
    [
        (FixedSide(0, minds=True), FixedSide(5, minds=False), 0),
        (FixedSide(5, minds=True), FixedSide(5, minds=False), 1),
        (FixedSide(0, minds=False), FixedSide(5, minds=False), 1),
        (FixedSide(0, minds=True), FixedSide(0, minds=True), 1),
    ],
)
def test_a_side_that_reads_other_than_claimed_is_counted(shield, peer, failures):
    assert peer_llm_guard.broken({"shield": shield, "torch": peer}) == failures


class TimedSide:
    """Takes `milliseconds` for every call, a thousand in the first of its rounds."""

    def __init__(self, milliseconds):
        self.milliseconds, self.seeds = milliseconds, []

    def ask(self, ask, tokens, count, seed):
        assert ask == "time"
        self.seeds.append(seed)
        warm = len(self.seeds) > len(peer_llm_guard.SIZES)
        took = self.milliseconds if warm else 1_000.0
        return {"milliseconds": [took] * count, "tokens": [tokens] * count}


def test_the_round_that_warms_up_is_not_counted_and_no_seed_comes_twice(monkeypatch, capsys):
    monkeypatch.setattr(peer_llm_guard, "PAUSE", 0.0)
    children = {"shield": TimedSide(2.0), "torch": TimedSide(40.0), "onnx": TimedSide(20.0)}
    speed_ups = peer_llm_guard.reported(peer_llm_guard.measured(children))
    assert speed_ups == {"torch 64": 20.0, "torch 256": 20.0, "onnx 64": 10.0, "onnx 256": 10.0}
    seeds = [seed for child in children.values() for seed in child.seeds]
    assert len(set(seeds)) == len(seeds) == 3 * 2 * (peer_llm_guard.ROUNDS + 1)
    assert len(capsys.readouterr().out.splitlines()) == 6


def test_where_pip_cannot_install_the_peer_is_unavailable(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setattr(llm_guard_home, "ROOT", tmp_path)
    monkeypatch.setattr(llm_guard_home, "HOME", tmp_path / "venv")
    monkeypatch.setattr(llm_guard_home.venv, "create", lambda folder, **_: None)
    monkeypatch.setattr(llm_guard_home, "PYTHON", sys.executable)
    with pytest.raises(llm_guard_home.Unavailable) as caught:
        llm_guard_home.prepare()
    assert "pip cannot install LLM Guard: ERROR: No matching distribution" in str(caught.value)


def test_a_half_made_folder_is_made_anew_and_a_whole_one_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(llm_guard_home, "ROOT", tmp_path)
    folder, made = tmp_path / "peer", []
    folder.mkdir()
    (folder / "torn").touch()
    llm_guard_home._once(folder, "recipe", made.append)
    llm_guard_home._once(folder, "recipe", made.append)
    assert made == [folder]
    assert not (folder / "torn").exists()
    llm_guard_home._once(folder, "another recipe", made.append)
    assert made == [folder, folder]


def test_without_the_peer_the_benchmark_says_why_and_fails(monkeypatch, capsys):
    def prepare():
        raise llm_guard_home.Unavailable("no network")

    monkeypatch.setattr(peer_llm_guard, "prepare", prepare)
    monkeypatch.setattr(peer_llm_guard, "keep_to", lambda count: None)
    with pytest.raises(SystemExit) as caught:
        peer_llm_guard.main()
    assert caught.value.code == 2
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["skipped"] == "no network"


if __name__ == "__main__":
    serve(NoisySide)
