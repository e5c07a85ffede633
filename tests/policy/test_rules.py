"""Rules: the shipped ones prove themselves; broken ones are refused by name."""

import tomllib

import pytest

from shield.errors import PolicyError
from shield.policy.load import load as load_policy
from shield.policy.rules import compiled, load, prove
from shield.policy.schema import PatternRule

SHIPPED = load_policy(locked=False)


def _rule(**changes) -> PatternRule:
    written = {
        "id": "a/one",
        "severity": "error",
        "message": "One.",
        "keywords": ("one",),
        "pattern": "one",
        "matches": ("one",),
        "near_misses": ("two",),
    }
    return PatternRule.model_validate({**written, **changes})


def _written(identity: str = "a/one", pattern: str = "one") -> str:
    return f"""[[rule]]
id = "{identity}"
severity = "error"
message = "One."
keywords = ["one"]
pattern = '{pattern}'
matches = ["one"]
near_misses = ["two"]
"""


@pytest.mark.parametrize("rule", SHIPPED.rules, ids=lambda rule: rule.id)
def test_a_shipped_rule_proves_itself(rule):
    assert prove([rule]) == []


def test_no_shipped_rule_shares_its_id():
    ids = [rule.id for rule in SHIPPED.rules]
    assert sorted(set(ids)) == sorted(ids)


def test_every_tag_of_a_shipped_rule_stands_in_the_closed_list(root):
    known = tomllib.loads((root / "policies" / "tags.toml").read_text("utf-8"))["tags"]
    assert {tag for rule in SHIPPED.rules for tag in rule.tags} <= set(known)


def test_every_shipped_rule_has_a_tag():
    assert [rule.id for rule in SHIPPED.rules if not rule.tags] == []


def test_there_are_forty_shipped_rules_or_more():
    assert len(SHIPPED.rules) >= 40


def test_the_shipped_rules_cover_ten_families_or_more():
    assert len({rule.id.partition("/")[0] for rule in SHIPPED.rules}) >= 10


def test_every_keyword_of_a_shipped_rule_is_lower_case():
    wrong = [r.id for r in SHIPPED.rules if any(k != k.lower() for k in r.keywords)]
    assert wrong == []


def test_every_word_of_the_shipped_lexicon_is_one_lower_case_word():
    words = [w for p in SHIPPED.phrases for slot in p.slots for w in slot.split()]
    assert [w for w in words if not w.isalpha() or w != w.lower()] == []


def test_no_phrase_has_an_empty_slot():
    assert [p.id for p in SHIPPED.phrases if not all(slot.split() for slot in p.slots)] == []


def test_no_message_of_a_shipped_rule_is_empty():
    assert [rule.id for rule in SHIPPED.rules if not rule.message.strip()] == []


def test_a_rule_that_misses_its_own_example_is_disproved():
    assert len(prove([_rule(matches=("one", "three"))])) == 1


def test_a_rule_that_matches_its_near_miss_is_disproved():
    assert len(prove([_rule(near_misses=("none",))])) == 1


def test_a_rule_whose_keyword_never_stands_in_its_example_is_disproved():
    assert len(prove([_rule(keywords=("three",))])) == 1


def test_rules_are_proved_on_the_canonical_view():
    assert prove([_rule(matches=("ＯＮＥ", "o\u200bne"))]) == []


def test_disproving_one_rule_names_it():
    assert prove([_rule(), _rule(id="a/two", matches=("x",))])[0].startswith("a/two:")


def test_rules_are_read_in_the_order_of_their_files(tmp_path):
    (tmp_path / "b.toml").write_text(_written("b/one"))
    (tmp_path / "a.toml").write_text(_written("a/one"))
    assert [rule.id for rule in load(tmp_path, ["*.toml"])[0]] == ["a/one", "b/one"]


def test_a_rule_id_that_stands_twice_is_refused_with_both_files(tmp_path):
    (tmp_path / "a.toml").write_text(_written())
    (tmp_path / "b.toml").write_text(_written())
    with pytest.raises(PolicyError, match=r"(?s)b\.toml.*a/one.*a\.toml"):
        load(tmp_path, ["*.toml"])


def test_a_rule_id_that_stands_twice_is_refused_with_its_line(tmp_path):
    (tmp_path / "a.toml").write_text(_written("a/two") + _written() + _written())
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, ["*.toml"])
    assert caught.value.line == 18


def test_a_file_that_two_globs_name_is_refused_rather_than_read_twice(tmp_path):
    (tmp_path / "a.toml").write_text(_written())
    with pytest.raises(PolicyError):
        load(tmp_path, ["a.toml", "*.toml"])


@pytest.mark.parametrize(("before", "line"), [("", 6), (_written("a/zero"), 14)])
def test_a_pattern_that_does_not_compile_is_refused_with_its_line(tmp_path, before, line):
    (tmp_path / "a.toml").write_text(before + _written(pattern="(one"))
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, ["*.toml"])
    assert (caught.value.where, caught.value.line) == (str(tmp_path / "a.toml"), line)


@pytest.mark.parametrize("pattern", ["one *two", "one {2}two", "(?:one|two)", r"one\s*two"])
def test_every_pattern_that_loads_can_be_built(tmp_path, pattern):
    (tmp_path / "a.toml").write_text(_written(pattern=pattern))
    rules, _ = load(tmp_path, ["*.toml"])
    assert len(compiled(rules).strict.patterns) == 1


def test_a_glob_that_names_no_file_is_refused_by_name(tmp_path):
    with pytest.raises(PolicyError, match=r"missing/\*\.toml"):
        load(tmp_path, ["missing/*.toml"])


def test_an_empty_rule_file_has_no_rules(tmp_path):
    (tmp_path / "a.toml").write_text("")
    assert load(tmp_path, ["*.toml"]) == ((), ())


def test_the_same_rules_are_compiled_once_and_others_anew():
    one = compiled([_rule()])
    assert compiled([_rule(message="Said otherwise.", severity="notice")]) is one
    for changed in ({"id": "a/two"}, {"pattern": "ones?"}, {"keywords": ("on",)}):
        assert compiled([_rule(**changed)]) is not one
    assert compiled([_rule(), _rule(id="a/two")]) is not one
