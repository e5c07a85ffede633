"""PSI: none between equals, known values, and no answer from too little."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.ops.drift import LEAST, SHIFT, psi

counts = st.lists(st.integers(0, 10_000), min_size=4, max_size=4).filter(lambda c: sum(c) >= LEAST)


def test_equal_shares_have_not_moved() -> None:
    assert psi((500, 500), (5000, 5000)) == 0.0


def test_the_index_is_that_of_the_formula() -> None:
    old, new = (900.5 / 1001, 100.5 / 1001), (600.5 / 1001, 400.5 / 1001)
    expected = sum((b - a) * math.log(b / a) for a, b in zip(old, new, strict=True))
    assert psi((900, 100), (600, 400)) == pytest.approx(expected, abs=1e-4)
    assert expected > SHIFT


def test_an_empty_bin_is_finite() -> None:
    found = psi((1000, 0), (0, 1000))
    assert found is not None
    assert 5 < found < 20


@pytest.mark.parametrize(("before", "now"), [((199, 0), (500, 0)), ((500, 0), (199, 0))])
def test_too_few_have_no_index(before, now) -> None:
    assert psi(before, now) is None


def test_different_bins_are_an_error() -> None:
    with pytest.raises(ValueError, match="different bins"):
        psi((1, 2), (1, 2, 3))


@given(counts, counts)
def test_it_is_symmetric_and_never_negative(before, now) -> None:
    assert psi(before, now) == psi(now, before)
    assert (psi(before, now) or 0.0) >= 0.0
