"""Answers cannot act."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.dual.answer import inert, rendered
from shield.dual.stated import Stated
from shield.dual.values import built
from shield.types import Integrity, Label, Origin, Source

ANYBODY = Label(Integrity.UNTRUSTED, frozenset({Origin(Source.TOOL, "read_inbox", "m")}), None)
MINE = Label(Integrity.USER, frozenset({Origin(Source.USER, "plan", "s")}), None)
BANK = Label(Integrity.TOOL_AUTH, frozenset({Origin(Source.TOOL, "balance", "b")}), None)
SAID = Stated(["See https://wiki.example/page, please."])


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        ("![x](https://e.example/?q=1)", "!["),
        ("[click](https://e.example)", "]("),
        ("[click][1]\n[1]: https://e.example", "]["),
        ("[1]: https://e.example", "]:"),
        ("https://e.example/a", "https://"),
        ("HTTPS://e.example/a", "HTTPS://"),
        ("x:https://wiki.example/page.evil.example", "https://"),
        ("www.e.example", "www."),
        ("<img src=x>", "<"),
        ("<script>", "<script"),
        ("a\u202eb\u200b\U000e0041", "\u202e"),
        ("javascript:alert(1)", "javascript:"),
        ("ftp://e.example", "ftp://"),
        ('" onload="x', '"'),
    ],
)
def test_what_could_act_has_lost_its_form(said, gone):
    assert gone not in inert(said, SAID)


def test_links_of_the_caller_stay():
    assert inert("see https://wiki.example/page.", SAID) == "see https://wiki.example/page."


@pytest.mark.parametrize(
    "said", ["data: 5, at 10:30", "1. report.txt (final)", "a-b_c, 5 % of x", ""]
)
def test_ordinary_words_stay(said):
    assert inert(said, SAID) == said


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='![]():<>/"&whtps.x \n', max_size=40))
def test_no_text_makes_a_link_an_image_or_an_element(said):
    made = inert(said, SAID)

    assert not set(made) & set('<>"')
    assert not any(sign in made for sign in ("](", "][", "]:", "![", "http://", "https://"))


def answer(template, **values):
    return "".join(p.text for p in rendered(template, values, SAID))


def test_free_text_of_strangers_is_quoted_with_its_origin():
    made = answer("It says {x}.", x=built("Hello there, “friend”", ANYBODY))

    assert made == "It says “Hello there, “friend&quot;” (text of read_inbox)."


def test_what_is_bound_by_its_type_or_attested_stands_plainly():
    assert answer("{x} EUR", x=built(12, ANYBODY)) == "12 EUR"
    assert answer("{x}", x=built("All is well & fine", BANK)) == "All is well &amp; fine"


def test_the_words_of_the_plan_are_left_alone():
    assert answer("**Done** [x](y) {t}", t=built("<b>", MINE)) == "**Done** [x](y) <b>"


def test_two_values_side_by_side_make_no_link():
    made = answer("{a}{b}", a=built("[click]", ANYBODY), b=built("(/delete)", ANYBODY))

    assert "](" not in made


def test_pieces_know_where_they_come_from():
    made = rendered("It says {x}.", {"x": built("two words", ANYBODY)}, SAID)

    assert [piece.origin for piece in made] == ["", "text of read_inbox", ""]
