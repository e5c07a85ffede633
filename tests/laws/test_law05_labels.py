"""Law 5: labels join as a lattice; integrity never rises, readers never grow."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shield.label import join
from shield.types import Capacity, Integrity, Label, Origin, Source

ORIGINS = st.builds(Origin, st.sampled_from(Source), st.sampled_from(["", "mail", "wiki"]))
READERS = st.none() | st.frozensets(st.sampled_from(["ann", "bob", "cid", "dan"]))
LABELS = st.builds(
    Label,
    integrity=st.sampled_from(Integrity),
    origins=st.frozensets(ORIGINS, max_size=4),
    readers=READERS,
    capacity=st.sampled_from(Capacity),
)
law = settings(max_examples=200, deadline=None)


@law
@given(LABELS, LABELS, LABELS)
def test_it_does_not_matter_in_which_steps_labels_are_joined(a, b, c):
    assert join(join(a, b), c) == join(a, join(b, c)) == join(a, b, c)


@law
@given(LABELS, LABELS)
def test_it_does_not_matter_in_which_order_labels_are_joined(a, b):
    assert join(a, b) == join(b, a)


@law
@given(LABELS)
def test_a_label_joined_with_itself_is_itself(a):
    assert join(a, a) == a


@law
@given(LABELS, LABELS)
def test_joining_again_what_was_joined_already_changes_nothing(a, b):
    assert join(join(a, b), b) == join(a, b)


@law
@given(st.lists(LABELS, min_size=1, max_size=5))
def test_integrity_never_rises(parts):
    assert all(join(*parts).integrity <= part.integrity for part in parts)


@law
@given(st.lists(LABELS, min_size=1, max_size=5))
def test_readers_never_grow(parts):
    readers = join(*parts).readers
    assert all(p.readers is None or (readers or frozenset()) <= p.readers for p in parts)


@law
@given(st.lists(LABELS, min_size=1, max_size=5))
def test_a_joined_value_is_public_only_when_every_part_is(parts):
    assert (join(*parts).readers is None) == all(part.readers is None for part in parts)


@law
@given(st.lists(LABELS, min_size=1, max_size=5))
def test_no_origin_is_forgotten(parts):
    assert all(part.origins <= join(*parts).origins for part in parts)


@law
@given(st.lists(LABELS, min_size=1, max_size=5))
def test_a_joined_value_can_say_at_least_what_each_part_can(parts):
    assert all(part.capacity <= join(*parts).capacity for part in parts)
