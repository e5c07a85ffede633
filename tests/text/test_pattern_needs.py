"""What a pattern needs is in everything that it matches."""

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from shield.text.literals import All, Either, met, needs


@pytest.mark.parametrize(
    ("pattern", "need"),
    [
        ("ignore", "ignore"),
        (r"\bignore\s+rules\b", All(("ignore", "rules"))),
        ("(?:ignore|forget)", Either(("ignore", "forget"))),
        ("(?:ignore|ignoring)", None),
        ("(?:the )?rules", "rules"),
        ("(?:rules){1,3}", "rules"),
        ("(?:rules)*", None),
        ("[abc]", None),
        ("(?:ignore|[abc])", None),
        ("(?=ignore)rules", "rules"),
        ("(?>ignore) (?:all|each) rules", None),
        ("忽略.{0,4}指令", All(("忽略", "指令"))),
        ("ab", None),
        ("(unclosed", None),
    ],
)
def test_needs_are_read_off_the_pattern(pattern, need):
    found = needs(pattern).need
    assert found == need or (need is None and (found is None or _is_loose(pattern, found)))


def _is_loose(pattern: str, found) -> bool:
    """Patterns with factored branches need something, if not what one would write."""
    return met(
        found,
        {
            "(?:ignore|ignoring)": "ignor",
            "(?>ignore) (?:all|each) rules": "ignore all rules each ",
        }.get(pattern, ""),
    )


@pytest.mark.parametrize(
    ("pattern", "width"),
    [
        ("ignore", 6),
        (r"ignore\s+all", 10),
        ("a{3,20}", 20),
        ("(?:ab|cdef)", 4),
        (r"\bab(?=cd)", 2),
        (r"\w+", 64),
        (r"(?:\w+\s+){0,40}x", 1_024),
    ],
)
def test_the_greatest_length_of_a_match_is_known(pattern, width):
    assert needs(pattern).width == width


def test_a_pattern_that_nobody_understands_needs_nothing_and_may_be_long():
    assert (needs("(").need, needs("(").width) == (None, 1_024)


@pytest.mark.parametrize(
    ("text", "holds"), [("ab xyz", True), ("ab uvw", True), ("xyz", False), ("ab", False)]
)
def test_all_and_either_are_what_they_say(text, holds):
    assert met(All(("ab", Either(("xyz", "uvw")))), text) is holds


PARTS = st.recursive(
    st.sampled_from(["ignore", "rules", "all", r"\s+", "x?", "[ab]", ".", r"\b", "é", "忽略"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda p: f"(?:{'|'.join(p)})"),
        inner.map(lambda p: f"(?:{p}){{0,2}}"),
        inner.map(lambda p: f"(?:{p}){{1,2}}"),
    ),
    max_leaves=8,
)
TEXTS = st.lists(
    st.sampled_from(["ignore", "rules", "all", " ", "  ", "x", "a", "é", "忽略", "zz"]), max_size=10
).map("".join)


@given(PARTS, TEXTS)
def test_what_a_match_needs_is_in_it_and_it_is_no_longer_than_said(pattern, text):
    found = needs(pattern)
    for match in regex.finditer(pattern, text, regex.V1):
        assert met(found.need, match[0])
        assert len(" ".join(match[0].split())) <= found.width
