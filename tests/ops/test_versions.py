"""Versions that served are kept whole and read back as they were."""

import pytest

from shield.errors import PolicyError
from shield.ops.versions import Versions
from shield.policy.load import load
from tests.ops.conftest import banning


@pytest.fixture
def versions(house):
    return Versions(house.state)


def _policy(house, *phrases, version="1"):
    return load(house.put(banning(*phrases, version=version)))


def test_a_version_is_read_back_with_its_digest(house, versions, policy):
    versions.keep(policy, 7.0)
    again = versions.load(policy.digest, policy)
    assert again == policy
    (kept,) = versions.all()
    assert (kept.digest, kept.version, kept.at) == (policy.digest, policy.document.version, 7.0)


def test_versions_stand_in_the_order_in_which_they_served(house, versions):
    one, two = _policy(house, "a"), _policy(house, "b")
    for each in (one, two, two, one):
        versions.keep(each)
    assert [v.digest for v in versions.all()] == [two.digest, one.digest]


def test_no_more_than_ten_are_kept_and_the_files_of_older_ones_go(house, versions):
    made = [_policy(house, f"p{n}") for n in range(12)]
    for each in made:
        versions.keep(each)
    assert [v.digest for v in versions.all()] == [p.digest for p in made[2:]]
    assert len(list((house.state / "versions").iterdir())) == 10


def test_a_version_that_is_not_kept_is_named(versions, policy):
    with pytest.raises(PolicyError, match="not kept"):
        versions.load("0" * 16, policy)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b'"tulip"', b'"rose"', "altered"),
        (b'"level": 1', b'"level": "x"', "not kept"),
        (b"}", b"", "not kept"),
    ],
)
def test_a_version_that_was_altered_does_not_serve(house, versions, old, new, why):
    kept = _policy(house, "tulip")
    versions.keep(kept)
    (file,) = (house.state / "versions").iterdir()
    file.write_bytes(file.read_bytes().replace(old, new))
    with pytest.raises(PolicyError, match=why):
        versions.load(kept.digest, kept)


def test_a_list_that_cannot_be_read_is_begun_anew(house, versions, policy):
    versions.keep(policy)
    (house.state / "versions.json").write_bytes(b"{")
    assert versions.all() == ()
    versions.keep(policy)
    assert len(versions.all()) == 1
