"""National ids are found by their check digits, where the policy names the country.

The numbers are the examples that python-stdnum's documentation gives; none is anybody's.
"""

import pytest

from shield.scanners.pii.entities import REGIONS
from shield.scanners.pii.national import NATIONAL
from tests.scanners.pii_scanner import found

# Region, slug, the number as people write it, words that vouch for it, the same with a wrong digit.
NUMBERS = [
    ("at", "at-social-security", "1237 010180", "SVNR: {}", "1238 010180"),
    ("be", "be-national-number", "85.07.30-033.28", "{}", "85.07.30-033.29"),
    ("be", "be-national-number", "85073003328", "rijksregisternummer {}", "85073003329"),
    ("bg", "bg-egn", "7523169263", "ЕГН {}", "7523169264"),
    ("br", "br-cpf", "390.533.447-05", "{}", "390.533.447-06"),
    ("br", "br-cpf", "39053344705", "o CPF dela é {}", "39053344706"),
    ("cz", "cz-birth-number", "710319/2745", "rodné číslo {}", "710319/2746"),
    ("sk", "cz-birth-number", "710319/2745", "rodné číslo {}", "710319/2746"),
    ("dk", "dk-cpr", "211062-5629", "cpr-nr. {}", "511362-5629"),
    ("ee", "ee-personal-code", "36805280109", "isikukood {}", "36805280108"),
    ("fr", "fr-nir", "2 95 10 99 126 111 93", "{}", "2 95 10 99 126 111 92"),
    ("fr", "fr-nir", "295109912611193", "n° de sécurité sociale {}", "295109912611192"),
    ("gr", "gr-amka", "01013099997", "ΑΜΚΑ: {}", "01013099998"),
    ("hr", "hr-oib", "33392005961", "OIB {}", "33392005962"),
    ("ie", "ie-pps", "6433435F", "my PPS is {}", "6433435E"),
    ("jp", "jp-my-number", "6214 9832 0257", "マイナンバーは {} です", "6214 9832 0258"),
    ("jp", "jp-my-number", "621498320257", "個人番号{}です", "621498320258"),
    ("lt", "lt-personal-code", "33309240064", "asmens kodas {}", "33309240065"),
    ("lv", "lv-personal-code", "161175-19997", "personas kods {}", "161175-19998"),
    ("nl", "nl-bsn", "111222333", "mijn BSN: {}", "111222334"),
    ("pt", "pt-nif", "501 964 843", "contribuinte {}", "501 964 842"),
    ("ro", "ro-cnp", "1630615123457", "CNP {}", "1630615123458"),
    ("si", "si-emso", "0101006500006", "EMŠO {}", "0101006500007"),
]
by_country = pytest.mark.parametrize(("region", "slug", "number", "frame", "wrong"), NUMBERS)


@by_country
def test_a_number_is_found_where_its_country_is_a_region(region, slug, number, frame, wrong):
    assert (slug, number) in found(frame.format(number), regions=(region,))


@by_country
def test_a_wrong_check_digit_is_no_number(region, slug, number, frame, wrong):
    assert slug not in dict(found(frame.format(wrong), regions=(region,)))


@by_country
def test_a_number_is_found_nowhere_else(region, slug, number, frame, wrong):
    assert slug not in dict(found(frame.format(number), regions=("us",)))


@by_country
def test_a_number_that_is_not_sure_by_itself_needs_its_word(region, slug, number, frame, wrong):
    entity = NATIONAL[slug.upper().replace("-", "_")]
    counts = slug in dict(found(f"order {number} has shipped", regions=(region,)))
    assert counts is (entity.sure and not number.isalnum())


def test_every_national_id_belongs_to_a_region_and_has_an_example():
    regional = {entity for entities in REGIONS.values() for entity in entities}
    assert set(NATIONAL) <= regional
    assert {slug.upper().replace("-", "_") for _, slug, *_ in NUMBERS} == set(NATIONAL)


def test_the_whole_union_is_searched_at_once():
    text = "rijksregisternummer 85073003328, mijn BSN: 111222333, PESEL 44051401458"
    slugs = {slug for slug, _ in found(text, regions=("eu",))}
    assert {"be-national-number", "nl-bsn", "pl-pesel"} <= slugs


@pytest.mark.parametrize("text", ["1" * 5000, "85.07.30-" * 500, "٣" * 500, "2 95 10 " * 300])
def test_no_text_makes_a_check_fail(text):
    assert all(part in text for _, part in found(text, regions=("eu", "br", "jp"), least=0.0))
