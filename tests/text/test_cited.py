"""What a text cites is found by its form; code cites nothing."""

import pytest

from shield.text.cited import citations, identifiers, numbers
from tests.growth import assert_linear

FORMS = [
    ("see https://h.example/a.", "url", "https://h.example/a"),
    ("see [it](https://h.example/a)", "url", "https://h.example/a"),
    ("doi 10.1234/ABC.5.", "identifier", "10.1234/abc.5"),
    ("https://doi.org/10.1234/abc", "identifier", "10.1234/abc"),
    ("arXiv:2301.04567", "identifier", "2301.04567"),
    ("ISBN 978-0-13-468599-1", "identifier", "9780134685991"),
    ("PMID: 30112233", "identifier", "30112233"),
    (
        'he said "that is what we all thought at the time"',
        "quote",
        "that is what we all thought at the time",
    ),
    ("„Das haben wir damals alle gedacht“", "quote", "Das haben wir damals alle gedacht"),
    ("« c'est ce que nous pensions tous »", "quote", "c'est ce que nous pensions tous"),
    ("> this is what we all thought then", "quote", "this is what we all thought then"),
    ("It is so [3].", "number", "3"),
    ("It is so [^2].", "number", "2"),
    ("It is so【4†source】.", "number", "4"),
    ("as (Olsen, 2019) says", "author", "Olsen 2019"),
    ("as Olsen et al. (2019) say", "author", "Olsen 2019"),
    ("as Olsen and Pak 2019, say", "author", "Olsen 2019"),
    ("in report.pdf we read", "file", "report.pdf"),
]


@pytest.mark.parametrize(("text", "kind", "value"), FORMS, ids=[t for t, _, _ in FORMS])
def test_each_form_is_found(text, kind, value):
    assert (kind, value) in {(one.kind, one.value) for one in citations(text)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "`a[1]` and `x.pdf`",
        "a[1] = b[2]",
        "In May 2019 and Summer 2020, since 2021.",
        'She said "yes".',
        "[link](/page)[1](x)",
        "![x](https://h.example/p.png)",
        "```\nsee [3] in report.pdf (Olsen 2019)\n```",
    ],
)
def test_what_cites_nothing(text):
    assert list(citations(text)) == []


def test_lists_and_ranges_of_numbers():
    assert numbers("1, 4") == [1, 4]
    assert numbers("2-5") == [2, 3, 4, 5]
    assert numbers("1-900") == [1, 900]
    assert [c.value for c in citations("so [1, 3]")] == ["1", "3"]


def test_places_are_those_of_the_text():
    text = "see report.pdf (Olsen 2019) [2]"
    for one in citations(text):
        assert one.value.split()[0].casefold() in text[one.start : one.end].casefold()


def test_identifiers_are_compared_in_one_form():
    assert identifiers("DOI: 10.5/x 10.1234/ABC") == identifiers("https://doi.org/10.1234/abc")


@pytest.mark.parametrize(
    "unit", ["[1]", '"', "10.1234/", "Aa 2019 ", "> ", "a.pdf ", "«", "arxiv: ", "[", "A "]
)
def test_hostile_texts_cost_no_more_than_their_length(unit):
    def work(size):
        text = (unit * size)[:size]
        return lambda: list(citations(text))

    assert_linear(work, 8_000, 32_000, limit=8, slack=0.03)
