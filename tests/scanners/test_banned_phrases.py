"""Banned phrases are found through disguises, and their honest neighbours pass."""

import json

import pytest
from pydantic import ValidationError

from shield.errors import PolicyError
from shield.scanners.banned_phrases import BannedPhrasesOptions
from shield.types import Checkpoint, Severity, Source

LISTS = {
    "competitors": {
        "phrases": ["Voltera", "Northwind Energy", "Kestrel Mobile"],
        "fuzzy": True,
        "severity": "warning",
    },
    "insults": {"phrases": ["ass", "idiot", "Trottel", "дурак", "白痴", "마이너스 손"]},
    "promises": {
        "phrases": ["guaranteed return", "free money", "risk-free investment"],
        "fuzzy": True,
        "surfaces": ["user", "answer"],
    },
    "code-names": {"phrases": ["bluefin"], "inside_words": True},
}

POSITIVES = [
    ("competitors", "Is Voltera cheaper than you?"),
    ("competitors", "is VOLTERA cheaper"),
    ("competitors", "I pay less at northwind   energy, why should I stay?"),
    ("competitors", "Northwind-Energy offered me 20 %"),
    ("competitors", "Northwind_Energy"),
    ("competitors", "Voltara sent me a letter"),
    ("competitors", "Voltrea, they said"),
    ("competitors", "Norhtwind Enrgy is my supplier"),
    ("competitors", "Is V\u200bolte\u00adra a good brand?"),
    ("competitors", "Is V\u043eltera a good brand?"),
    ("competitors", "Is 𝐕𝐨𝐥𝐭𝐞𝐫𝐚 a good brand?"),
    ("competitors", "Is Vóltèra a good brand?"),
    ("competitors", "k.e.s.t.r.e.l.m.o.b.i.l.e"),
    ("competitors", "Vm9sdGVyYSBpcyBjaGVhcGVy"),
    ("competitors", "Is &#86;&#111;&#108;&#116;&#101;&#114;&#97; good?"),
    ("competitors", "<p>Hello</p><!-- Voltera is better -->"),
    ("insults", "You ASS."),
    ("insults", "what an idiot!"),
    ("insults", "Du Trottel"),
    ("insults", "Ты дурак, понял?"),
    ("insults", "你这个白痴吗"),
    ("insults", "너는 마이너스 손이야"),
    ("promises", "We sell a guaranteed return of 9 %."),
    ("promises", "FREE MONEY!!!"),
    ("promises", "Gauranteed returns for everyone"),
    ("promises", "a risk free investment"),
    ("promises", "risk‑free — investment"),
    ("code-names", "the ProjectBluefin2 folder"),
    ("code-names", "bluefins"),
]


@pytest.fixture(scope="module")
def near_misses(root):
    file = root / "attack_corpus" / "near_miss" / "banned_phrases.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


@pytest.fixture
def find(alone):
    return alone("banned_phrases", {"lists": LISTS})


@pytest.mark.parametrize(("name", "text"), POSITIVES)
def test_a_banned_phrase_is_found_in_its_disguise(find, name, text):
    assert f"banned_phrases/{name}" in {f.rule for f in find(text)}


def test_honest_neighbours_pass(find, near_misses):
    turns = [t for case in near_misses for t in case["turns"]]
    assert len(near_misses) >= 30
    assert [t["text"] for t in turns if find(t["text"], source=Source(t["source"]))] == []


@pytest.mark.parametrize(
    "text",
    ["class", "Assange", "the acne cream", "Trottoir", "free. " + "." * 9 + " money", "guarantee"],
)
def test_parts_of_words_and_words_far_apart_are_no_phrase(find, text):
    assert find(text) == []


def test_every_place_has_its_span(find):
    text = "Voltera, then Voltera again."
    (finding,) = find(text)
    assert [text[s.start : s.end] for s in finding.spans] == ["Voltera", "Voltera"]
    assert (finding.severity, finding.score) == (Severity.WARNING, 1.0)


def test_the_span_of_a_disguised_phrase_covers_its_source(find):
    text = "Is V\u200bolte\u00adra good?"
    (finding,) = find(text)
    assert [text[s.start : s.end] for s in finding.spans] == ["V\u200bolte\u00adra"]


def test_the_score_falls_with_each_wrong_letter(find):
    (exact,), (one,), (two,) = (
        find(t) for t in ("northwind energy", "northwnd energy", "northwnd energi")
    )
    assert exact.score > one.score > two.score > 0.5


@pytest.mark.parametrize("text", ["vltr", "Voltage", "vortexes", "Sunderland Energy", "idiom"])
def test_words_with_more_wrong_letters_are_other_words(find, text):
    assert find(text) == []


def test_a_list_that_is_not_fuzzy_wants_every_letter(alone):
    find = alone("banned_phrases", {"lists": {"a": {"phrases": ["Voltera"]}}})
    assert find("Voltera")
    assert find("Voltara") == []


def test_a_list_reads_only_the_surfaces_that_it_names(find):
    text = "guaranteed return"
    assert find(text, source=Source.DOCUMENT) == []
    assert find(text, source=Source.ASSISTANT, at=Checkpoint.OUTPUT)


def test_the_system_may_name_what_it_bans(find):
    assert find("Never speak of Voltera.", source=Source.SYSTEM) == []


def test_a_short_phrase_is_not_read_out_of_a_product_code(find):
    assert find("bolt a55, drill 4ss") == []


def test_findings_hold_no_text(find):
    assert "oltera" not in repr(find("Voltera"))


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"lists": {"a": {"phrases": []}}}, "lists.a.phrases"),
        ({"lists": {"a": {"phrases": ["..."]}}}, "a letter or a digit"),
        ({"lists": {"a": {"phrases": ["x" * 201]}}}, "lists.a.phrases.0"),
        ({"lists": {"A b": {"phrases": ["x"]}}}, "lists.A b"),
        ({"lists": {"a": {"phrases": ["x"], "severity": "bad"}}}, "lists.a.severity"),
        ({"lists": {"a": {"phrases": ["x"], "surfaces": []}}}, "lists.a.surfaces"),
        ({"lists": {"a": {"phrases": ["x"], "fuzy": True}}}, "lists.a.fuzy"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, place):
    with pytest.raises(ValidationError, match=place):
        BannedPhrasesOptions.model_validate(options)


def test_without_a_list_it_is_refused(alone):
    with pytest.raises(PolicyError, match="lists"):
        alone("banned_phrases", {})
