"""Fifteen and more ways to hide a text by its style, and ordinary styles beside them."""

import pytest

from shield.text.styles import hiding_names, is_hiding

HIDING = [
    'div style="display:none"',
    'div style="DISPLAY : NONE !important"',
    'span style="visibility:hidden"',
    'p style="opacity:0"',
    'p style="opacity: 0.0;"',
    'p style="font-size:0"',
    'p style="font-size:1px"',
    'p style="font-size:0.1em"',
    'div style="position:absolute;left:-9999px"',
    'div style="text-indent:-5000px"',
    'div style="clip:rect(0,0,0,0)"',
    'div style="clip-path: inset(100%)"',
    'div style="transform: scale(0)"',
    'div style="height:0;overflow:hidden"',
    'div style="width: 0"',
    'font color="#ffffff"',
    'p style="color:white"',
    'p style="color: rgba(0,0,0,0)"',
    'p style="color:#123456;background:#123456"',
    'p style="background-color: red; color: red"',
    'p style="mso-hide:all"',
    "div hidden",
    "div hidden=hidden",
    'input type="hidden" value="x"',
    'span class="note visually-hidden"',
]
SHOWING = [
    'p style="opacity:0.8"',
    'p style="font-size:12px"',
    'p style="font-size:1.5em"',
    'p style="color:#fffbe6"',
    'p aria-hidden="false"',
    'div hidden="false"',
    'p style="left:-10px"',
    'p style="height:0.5em"',
    'div style="max-width:100%;overflow:hidden"',
    'p style="color:red;background:white"',
    'a href="/hidden-gems"',
    'div class="unhidden"',
    'p style="line-height:0.9;min-width:0"',
    "p",
]


@pytest.mark.parametrize("tag", HIDING)
def test_a_style_that_hides_is_known(tag):
    assert is_hiding(tag, frozenset())


@pytest.mark.parametrize("tag", SHOWING)
def test_an_ordinary_style_hides_nothing(tag):
    assert not is_hiding(tag, frozenset())


def test_a_style_sheet_hides_by_class_and_by_identifier():
    page = "<style>.a, #b { color: red; display: none } .c { color: blue }</style>"
    assert hiding_names(page) == {"a", "b"}


@pytest.mark.parametrize("tag", ['p class="x a"', "p id=b", "p class='a'"])
def test_an_element_of_a_hidden_class_is_hidden(tag):
    assert is_hiding(tag, frozenset({"a", "b"}))


@pytest.mark.cpu_seconds(10)
@pytest.mark.parametrize("sheet", ["a" * 200_000, "{" * 100_000, ".a{" * 50_000, "}" * 100_000])
def test_a_hostile_style_sheet_is_read_in_time(sheet):
    assert isinstance(hiding_names(f"<style>{sheet}"), frozenset)
