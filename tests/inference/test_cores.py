"""Cores: what the scheduler and the container leave, and how graphs share them."""

import os

import pytest

from shield.inference.cores import cores, shares


@pytest.fixture
def eight(monkeypatch):
    """A machine of eight cores, of which the scheduler leaves six."""
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "process_cpu_count", lambda: 8, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)), raising=False)


def test_the_scheduler_bounds_the_cores(eight, tmp_path):
    assert cores(tmp_path) == 6


@pytest.mark.parametrize(
    ("quota", "count"),
    [
        ("max 100000", 6),
        ("200000 100000", 2),
        ("250000 100000", 3),
        ("50000 100000", 1),
        ("900000 100000", 6),
        ("", 6),
        ("nonsense", 6),
        ("1 0", 6),
    ],
)
def test_the_container_bounds_the_cores(eight, tmp_path, quota, count):
    (tmp_path / "cpu.max").write_text(quota)
    assert cores(tmp_path) == count


@pytest.mark.parametrize(("quota", "count"), [("300000", 3), ("-1", 6)])
def test_an_old_container_bounds_the_cores(eight, tmp_path, quota, count):
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(quota + "\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert cores(tmp_path) == count


def test_python_without_a_count_has_one_core(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    monkeypatch.delattr(os, "process_cpu_count", raising=False)
    assert cores(tmp_path) == 1


@pytest.mark.parametrize(
    ("graphs", "available", "expected"),
    [(1, 2, (2, 1)), (6, 2, (1, 2)), (1, 64, (4, 16)), (3, 8, (2, 4)), (0, 1, (1, 1))],
)
def test_threads_times_lanes_fill_the_cores(graphs, available, expected):
    assert shares(graphs, available) == expected
