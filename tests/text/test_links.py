"""Every way in which an answer can hold a link."""

import pytest

from shield.text.links import links
from shield.text.quoted import Quoted
from tests.growth import assert_linear

FORMS = {
    "inline": ("[more](https://h.example/a)", "link", False),
    "inline with a title": ('[more](https://h.example/a "title")', "link", False),
    "angled": ("[more](<https://h.example/a>)", "link", False),
    "image": ("![x](https://h.example/a)", "image", True),
    "image in a link": ("[![x](https://h.example/a)](/here)", "image", True),
    "reference": ("see [it][1]\n\n[1]: https://h.example/a", "reference", False),
    "pictured reference": ("![it][1]\n\n[1]: https://h.example/a", "image", True),
    "pictured short reference": ("![it]\n\n[it]: https://h.example/a", "image", True),
    "bare": ("see https://h.example/a.", "bare", False),
    "bare in brackets": ("(see https://h.example/a)", "bare", False),
    "autolink": ("<https://h.example/a>", "bare", False),
    "anchor": ('<a href="https://h.example/a">x</a>', "a", False),
    "anchor without quotes": ("<a href=https://h.example/a>x</a>", "a", False),
    "picture": ("<img alt='x' src='https://h.example/a'>", "img", True),
    "open picture": ('<img src="https://h.example/a"', "img", True),
    "set of pictures": ('<img srcset="https://h.example/a 2x">', "img", True),
    "frame": ('<iframe src="https://h.example/a"></iframe>', "iframe", True),
    "form": ('<form action="https://h.example/a">', "form", False),
    "video": ('<video poster="https://h.example/a">', "video", True),
    "prefetch": ('<link rel="dns-prefetch" href="https://h.example/a">', "link", True),
    "redirection": ('<meta http-equiv=refresh content="0;url=https://h.example/a">', "meta", True),
    "style": ("<p style=\"background:url('https://h.example/a')\">", "css", True),
    "import": ("<style>@import 'https://h.example/a';</style>", "css", True),
    "vector picture": ('<svg><image xlink:href="https://h.example/a"/></svg>', "image", True),
    "entities": ('<img src="https://h.example&#47;a">', "img", True),
}


@pytest.mark.parametrize(("text", "kind", "loaded"), FORMS.values(), ids=list(FORMS))
def test_each_form_is_found_with_what_a_page_does_with_it(text, kind, loaded):
    found = [link for link in links(text) if link.target == "https://h.example/a"]

    assert [(link.kind, link.loaded) for link in found] == [(kind, loaded)]
    assert "h.example" in text[found[0].start : found[0].end]


def test_brackets_inside_an_address_belong_to_it():
    (link,) = links("[x](https://h.example/a_(b)_c) and more)")
    assert link.target == "https://h.example/a_(b)_c"


def test_the_text_that_a_reader_sees_is_kept():
    assert links("[www.bank.example](https://h.example)")[0].label == "www.bank.example"


def test_a_text_without_links_has_none():
    assert links("a < b and f[1](2 + 3, 4) [not] a link: <br> <b class=x>") == () or all(
        "://" not in link.target for link in links("f[1](2)")
    )


def test_links_come_in_the_order_of_the_text():
    text = "https://b.example [x](https://a.example) <img src='https://c.example'>"
    assert [link.target[8] for link in links(text)] == ["b", "a", "c"]


@pytest.mark.parametrize(
    "unit",
    ["](", "![](", "[a]: ", "<a ", '<a b="', "https://", "url(", "](<", "![a][", "(", "&#", "a='"],
)
def test_hostile_texts_cost_no_more_than_their_length(unit):
    def work(size):
        text = (unit * size)[:size]
        return lambda: links(text)

    assert_linear(work, 16_000, 64_000, limit=8, slack=0.02)


def test_code_is_where_fences_and_backticks_are():
    text = "a `b` c\n```html\n<img>\n```\nd `e` ``"
    code = Quoted(text)

    assert text.index("b") in code
    assert text.index("<img>") in code
    assert text.index("d `") not in code
    assert 0 not in code
    assert "a" not in code


def test_an_open_fence_reaches_to_the_end():
    assert 20 in Quoted("x\n~~~\n" + "y" * 30)
    assert 20 not in Quoted("y" * 30)
