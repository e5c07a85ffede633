"""The measure of growth: what is linear passes on a busy machine, what is not never does."""

from itertools import count

import pytest

from tests.growth import ROUNDS, assert_linear


class Machine:
    """A clock of the work done; some measurements take longer than the work."""

    def __init__(self, cost, noise=()):
        self.now, self.runs, self._cost, self._noise = 0.0, count(), cost, noise

    def work(self, size):
        def run():
            noise = self._noise[n] if (n := next(self.runs)) < len(self._noise) else 1
            self.now += self._cost(size) * noise

        return run

    def holds(self):
        assert_linear(self.work, 100, 400, clock=lambda: self.now)


def test_linear_work_is_measured_once():
    machine = Machine(lambda size: size)
    machine.holds()
    assert next(machine.runs) == 2


def test_linear_work_passes_as_soon_as_the_machine_is_quiet_for_once():
    machine = Machine(lambda size: size, noise=[1, 9] * (ROUNDS - 1))
    machine.holds()
    assert next(machine.runs) == 2 * ROUNDS


def test_quadratic_work_fails_however_busy_the_machine():
    for noise in ([], [1, 2] * 99, [1, 9, 1.4] * 99):
        with pytest.raises(AssertionError, match="4 times the size"):
            Machine(lambda size: size**2, noise).holds()


def test_what_takes_no_time_is_not_measured_by_the_clock():
    Machine(lambda size: 1e-9 * size**2).holds()
