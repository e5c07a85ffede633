"""Names, places and addresses are looked for only where a policy asks, and the model marks them."""

from types import SimpleNamespace

import pytest

from shield.errors import InferenceError
from shield.label import segment
from shield.pipeline import built
from shield.policy.load import load
from shield.scanners import NoOptions, Services, graphs
from shield.scanners.pii import Pii, PiiOptions
from shield.scanners.pii.entities import IDENTITY, LEARNED
from shield.scanners.pii.marks import Entity, entities
from shield.text.patterns import PatternSet
from shield.types import Checkpoint, Source, Subject

TEXT = "Ann Lee moved to Oslo, and her card is 4111 1111 1111 1111."
NAME, PLACE = Entity(0, 7, "PERSON", 0.9), Entity(17, 21, "LOCATION", 0.8)


class FakeEngine:
    """Marks what it was told to, whatever the text, and keeps what it was asked."""

    def __init__(self, *windows):
        self.windows, self.asked = windows, []

    def scores(self, model, texts):
        self.asked.append((model, list(texts)))
        return [scored(*self.windows) for _ in texts]


def scored(*windows):
    return SimpleNamespace(windows=tuple(SimpleNamespace(marks=tuple(w)) for w in windows))


def scanner(engine, *wanted):
    return Pii(
        PiiOptions(entities=wanted), Services((), PatternSet.of([]), (), {}, 1.0, engine=engine)
    )


def found(scanner, text):
    subject = Subject(Checkpoint.INPUT, (segment(text, Source.USER),))
    return {
        (f.rule, text[f.spans[0].start : f.spans[0].end], f.score) for f in scanner.scan(subject)
    }


def test_marks_become_findings_beside_those_of_patterns() -> None:
    engine = FakeEngine([NAME, PLACE])
    assert found(scanner(engine, "PERSON", "LOCATION", "CREDIT_CARD"), TEXT) == {
        ("pii/person", "Ann Lee", 0.9),
        ("pii/location", "Oslo", 0.8),
        ("pii/credit-card", "4111 1111 1111 1111", 1.0),
    }
    assert engine.asked == [("pii_ner", [(TEXT, "text")])]


def test_only_the_classes_that_the_policy_names_are_reported() -> None:
    engine = FakeEngine([NAME, PLACE])
    assert found(scanner(engine, "LOCATION"), TEXT) == {("pii/location", "Oslo", 0.8)}


def test_without_learned_entities_the_model_is_never_asked() -> None:
    engine = FakeEngine([NAME])
    assert {rule for rule, _, _ in found(scanner(engine, "CREDIT_CARD"), TEXT)} == {
        "pii/credit-card"
    }
    assert engine.asked == []


def test_the_model_sees_texts_in_which_no_pattern_could_match() -> None:
    text = "no number here, only anna " + "and plain words " * 100
    engine = FakeEngine([Entity(21, 25, "PERSON", 0.7)])
    assert found(scanner(engine, "PERSON"), text) == {("pii/person", "anna", 0.7)}


def test_a_context_word_makes_a_mark_likelier() -> None:
    text = "my passport is X12 and my cat is X12"
    engine = FakeEngine([Entity(15, 18, "ID", 0.5), Entity(33, 36, "ID", 0.5)])
    scores = sorted(score for _, _, score in found(scanner(engine, "ID"), text))
    assert scores == pytest.approx([0.5, 0.85])


def test_many_marks_in_a_long_text_are_all_reported_once() -> None:
    text = "Ann Lee. " * 2000
    marks = [Entity(9 * i, 9 * i + 7, "PERSON", 0.9) for i in range(2000)]
    scan = scanner(FakeEngine(marks), "PERSON")
    subject = Subject(Checkpoint.INPUT, (segment(text, Source.USER),))
    starts = [f.spans[0].start for f in scan.scan(subject)]
    assert sorted(starts) == [m.start for m in marks]


def test_an_empty_text_is_not_given_to_the_model() -> None:
    engine = FakeEngine([])
    assert found(scanner(engine, "PERSON"), " \n") == set()
    assert engine.asked == []


def test_system_texts_are_not_screened() -> None:
    engine = FakeEngine([NAME])
    subject = Subject(Checkpoint.INPUT, (segment(TEXT, Source.SYSTEM),))
    assert list(scanner(engine, "PERSON").scan(subject)) == []
    assert engine.asked == []


def test_learned_entities_without_an_engine_are_refused() -> None:
    with pytest.raises(InferenceError, match="LOCATION, PERSON need an inference engine"):
        scanner(None, "PERSON", "LOCATION")


def test_learned_entities_are_off_unless_named() -> None:
    assert not set(IDENTITY) & set(LEARNED)
    assert graphs(Pii, PiiOptions()) == frozenset()


@pytest.mark.parametrize("entity", sorted(LEARNED))
def test_naming_a_learned_entity_asks_for_the_model(entity: str) -> None:
    assert graphs(Pii, PiiOptions(entities=(entity,))) == {"pii_ner"}


def test_options_that_name_no_graphs_leave_those_of_the_class() -> None:
    kind = SimpleNamespace(models=("injection",))
    assert graphs(kind, NoOptions()) == {"injection"}


def test_windows_that_overlap_report_an_entity_once() -> None:
    cut, whole = Entity(0, 3, "PERSON", 0.6), Entity(0, 7, "PERSON", 0.9)
    assert entities(TEXT, scored([cut], [whole])) == [whole]


def test_of_two_readings_the_surer_one_stays() -> None:
    other = Entity(0, 3, "ORGANIZATION", 0.4)
    assert entities(TEXT, scored([other], [NAME])) == [NAME]
    assert entities(TEXT, scored([NAME], [other])) == [NAME]


def test_street_and_town_are_one_address_and_others_stay_apart() -> None:
    text = "12 Elm Road,\nOslo, Ann"
    street, town = Entity(0, 11, "ADDRESS", 0.9), Entity(13, 17, "LOCATION", 0.6)
    person = Entity(19, 22, "PERSON", 0.8)
    assert entities(text, scored([street, town, person])) == [
        Entity(0, 17, "ADDRESS", 0.9),
        person,
    ]


def test_two_addresses_in_a_list_stay_two() -> None:
    marks = [Entity(0, 8, "ADDRESS", 0.9), Entity(10, 19, "ADDRESS", 0.9)]
    assert entities("1 Elm Rd, 2 Oak Lane", scored(marks)) == [
        marks[0],
        Entity(10, 20, "ADDRESS", 0.9),
    ]


def test_marks_grow_to_whole_words_and_leave_punctuation_and_genitives_out() -> None:
    text = "Anne-Marie's aunt works for Foo Inc. (Oslo)."
    marks = [
        Entity(5, 10, "PERSON", 0.9),
        Entity(28, 36, "ORGANIZATION", 0.9),
        Entity(37, 43, "LOCATION", 0.9),
    ]
    assert [text[e.start : e.end] for e in entities(text, scored(marks))] == [
        "Anne-Marie",
        "Foo Inc.",
        "Oslo",
    ]


def test_two_classes_in_one_name_are_one_name_of_the_surer_class() -> None:
    marks = [Entity(0, 4, "LOCATION", 0.5), Entity(5, 8, "PERSON", 0.8)]
    assert entities("Kent Lee", scored(marks)) == [Entity(0, 8, "PERSON", 0.8)]
    assert entities("Kent\nLee", scored(marks)) == marks


def test_marks_without_a_word_are_dropped() -> None:
    assert entities("a - b", scored([Entity(2, 3, "PERSON", 0.9)])) == []


def test_two_towns_in_a_list_stay_two() -> None:
    marks = [Entity(0, 4, "LOCATION", 0.9), Entity(6, 10, "LOCATION", 0.9)]
    assert entities("Oslo, Bonn", scored(marks)) == marks


@pytest.fixture(scope="module")
def shipped(root, tmp_path_factory):
    """The scanner as a policy that names every learned entity builds it, on the shipped graph."""
    path = tmp_path_factory.mktemp("policy") / "policy.toml"
    wanted = ", ".join(f'"{entity}"' for entity in LEARNED)
    path.write_text(
        f'name = "learned"\nversion = "1"\nmodels = "{(root / "models").as_posix()}"\n'
        f"[scanners.pii.options]\nentities = [{wanted}]\n",
        encoding="utf-8",
    )
    (bound,), engine = built(load(path, locked=False))
    assert set(engine.digests) == {"pii_ner"}
    return bound.scanner


def test_the_shipped_model_finds_what_people_write(shipped) -> None:
    text = "My name is Katarzyna Wójcik and I live in Hamburg."
    assert {(rule, part) for rule, part, _ in found(shipped, text)} == {
        ("pii/person", "Katarzyna Wójcik"),
        ("pii/location", "Hamburg"),
    }


def test_the_shipped_model_leaves_plain_words_alone(shipped) -> None:
    text = "Please explain how a heat pump works and when it saves money."
    assert found(shipped, text) == set()


def test_the_shipped_model_reads_a_long_text_to_its_end(shipped) -> None:
    text = "The soup is hot and the bread is fresh. " * 200 + "My name is Olga Petrova."
    rules = {(rule, part) for rule, part, _ in found(shipped, text)}
    assert rules == {("pii/person", "Olga Petrova")}


@pytest.mark.parametrize("text", ["\ud800 and \udfff", "\0" * 50, "\U0001f600" * 300, "x" * 5000])
def test_the_shipped_model_survives_what_is_no_text(shipped, text: str) -> None:
    assert all(text[0] in part for _, part, _ in found(shipped, text))
