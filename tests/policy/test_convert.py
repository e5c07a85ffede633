"""A scanners.yml becomes a policy that loads, and nothing of it is lost without a word."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from shield.cli import app
from shield.errors import PolicyError
from shield.guard import Guard
from shield.label import segment
from shield.policy import toml
from shield.policy.convert import Kind, _resolved, _table, convert
from shield.policy.llm_guard import _ABSENT, _TYPES
from shield.policy.load import load
from shield.policy.schema import PolicyDocument
from shield.scanners import scanner_class
from shield.types import Decision, Source

SCANNERS_YML = """
app:
  name: ${APP_NAME:LLM Guard API}
  log_level: ${LOG_LEVEL:INFO}
  scan_prompt_timeout: ${SCAN_PROMPT_TIMEOUT:10}
  scan_output_timeout: 30
  lazy_load: true
rate_limit:
  enabled: false
  limit: 100/minute
auth:
  type: http_bearer
  token: ${AUTH_TOKEN:}
input_scanners:
  - type: Anonymize
    params:
      use_faker: false
      threshold: 0.75
      entity_types: [CREDIT_CARD, EMAIL_ADDRESS_RE, UUID]
  - type: BanCode
    params: {threshold: 0.9}
  - type: BanCompetitors
    params: {competitors: [Initech, Globex], threshold: 0.5}
  - type: BanSubstrings
    params: {substrings: [secret project, 'quote " \\ back'], match_type: word, redact: true, case_sensitive: true}
  - type: BanTopics
    params: {topics: [violence, Off topic!], threshold: 0.6}
  - type: Code
    params: {languages: [Python, C#, COBOL], is_blocked: true}
  - type: EmotionDetection
  - type: Gibberish
    params: {threshold: 0.7}
  - type: InvisibleText
    params: {}
  - type: Language
    params: {valid_languages: [en, es], match_type: sentence}
  - type: PromptInjection
    params: {threshold: 0.92, match_type: truncate_head_tail}
  - type: Regex
    params: {patterns: ['Bearer [A-Za-z0-9-._~+/]+'], is_blocked: true}
  - type: Secrets
    params: {redact_mode: partial}
  - type: Sentiment
    params: {threshold: -0.1}
  - type: TokenLimit
    params: {limit: 4096, encoding_name: cl100k_base}
  - type: Toxicity
    params: {threshold: 0.5}
output_scanners:
  - type: Deanonymize
    params: {matching_strategy: exact}
  - type: Sensitive
    params: {redact: false, entity_types: [PERSON]}
  - type: BanSubstrings
    params: {substrings: [internal use], match_type: str}
  - type: Bias
    params: {threshold: 0.75}
  - type: Language
    params: {valid_languages: [en]}
  - type: Code
    params: {languages: [Rust], is_blocked: true}
  - type: Madeup
"""


@pytest.fixture
def made(tmp_path):
    """A converter of YAML that keeps a list of what it said."""

    def make(text=SCANNERS_YML):
        source = tmp_path / "scanners.yml"
        source.write_text(text, "utf-8")
        return convert(source, tmp_path)

    return make


def document(converted, tmp_path):
    return toml.parse(converted.text, PolicyDocument, tmp_path)


def notes(converted, kind, where=""):
    return [n.what for n in converted.notes if n.kind is kind and n.where.startswith(where)]


def test_every_scanner_of_the_policy_is_one_of_shields_and_takes_its_options(made, tmp_path):
    policy = document(made(), tmp_path)

    for name, entry in policy.scanners.items():
        kind = scanner_class(name)
        kind.Options.model_validate(entry.options)
        assert set(entry.checkpoints) <= kind.checkpoints, name


def test_scanners_keep_their_side_and_what_they_look_for(made, tmp_path):
    scanners = document(made(), tmp_path).scanners

    assert scanners["pii"].options["entities"] == ["CREDIT_CARD", "EMAIL_ADDRESS", "PERSON"]
    assert scanners["pii"].decision is Decision.BLOCK
    assert scanners["gibberish"].checkpoints == ("input",)
    assert scanners["pii"].checkpoints == ("input", "output")
    assert scanners["code"].options == {"deny": ["python", "csharp", "rust"]}
    assert scanners["language"].options == {"allow": ["en", "es"], "judge": "passage"}
    assert scanners["size"].options == {"tokens": 4096}
    assert scanners["secrets"].edit == "mask"
    assert scanners["topic"].options["denied"].keys() == {"about-violence", "about-off-topic"}
    assert {"injection", "injection_patterns", "typoglycemia"} <= scanners.keys()


def test_lists_of_phrases_stay_apart_with_their_own_decisions(made, tmp_path):
    entry = document(made(), tmp_path).scanners["banned_phrases"]

    lists = entry.options["lists"]
    assert lists["input-3"]["phrases"] == ["Initech", "Globex"]
    assert lists["input-4"]["phrases"] == ["secret project", 'quote " \\ back']
    assert [lists[n]["inside_words"] for n in ("input-4", "output-3")] == [False, True]
    assert lists["output-3"]["surfaces"] == ["answer"]
    decisions = {name: rule.decision for name, rule in entry.rules.items()}
    assert decisions == {
        "banned_phrases/input-3": "block",
        "banned_phrases/input-4": "redact",
        "banned_phrases/output-3": "block",
    }


@pytest.mark.parametrize(
    ("where", "what"),
    [
        ("app.name", "sidecar"),
        ("app.lazy_load", "sidecar"),
        ("rate_limit", "sidecar"),
        ("auth", "sidecar"),
        ("input_scanners[0] Anonymize", "entity UUID"),
        ("input_scanners[0] Anonymize", "parameter use_faker"),
        ("input_scanners[5] Code", "language COBOL"),
        ("input_scanners[6] EmotionDetection", "no scanner"),
        ("input_scanners[11] Regex", "write each pattern as a rule"),
        ("input_scanners[13] Sentiment", "no scanner"),
        ("input_scanners[14] TokenLimit", "parameter encoding_name"),
        ("output_scanners[3] Bias", "no scanner"),
        ("output_scanners[4] Language", "allow"),
        ("output_scanners[6] Madeup", "not known"),
    ],
)
def test_what_is_left_out_is_named_with_its_place(made, where, what):
    found = made()

    assert any(what in said for said in notes(found, Kind.DROPPED, where))
    assert not found.complete
    assert f"# left out: {where}" in found.text


@pytest.mark.parametrize(
    ("where", "what"),
    [
        ("${LOG_LEVEL}", "default"),
        ("app.scan_prompt_timeout", "deadline_ms"),
        ("input_scanners[0] Anonymize", "threshold"),
        ("input_scanners[3] BanSubstrings", "case"),
        ("input_scanners[4] BanTopics", "sentences"),
        ("output_scanners[0] Deanonymize", "restore"),
        ("output_scanners[1] Sensitive", "both sides share"),
    ],
)
def test_what_is_different_is_named(made, where, what):
    assert any(what in said for said in notes(made(), Kind.CHANGED, where))


ANSWERS = """
output_scanners:
  - {type: MaliciousURLs, params: {threshold: 0.7, model_path: x}}
  - {type: FactualConsistency, params: {minimum_score: 0.7}}
  - {type: NoRefusal, params: {threshold: 0.5}}
  - {type: Relevance, params: {threshold: 0.5}}
  - {type: JSON, params: {required_elements: 1, repair: true}}
"""


def test_scanners_of_answers_are_those_of_the_output_checkpoint(made, tmp_path):
    found = made(ANSWERS)
    scanners = document(found, tmp_path).scanners

    assert scanners.keys() == {
        "urls",
        "exfiltration",
        "grounding",
        "refusal",
        "relevance",
        "schema",
    }
    for name, entry in scanners.items():
        scanner_class(name).Options.model_validate(entry.options)
        assert (entry.checkpoints, entry.decision) == (("output",), Decision.BLOCK)
    assert notes(found, Kind.DROPPED) == ["parameter model_path", "parameter repair"]
    assert any("threshold" in n for n in notes(found, Kind.CHANGED, "output_scanners[1]"))


@pytest.mark.parametrize(
    ("line", "fine", "refused"),
    [
        ("{type: JSON, params: {required_elements: 1}}", '{"a": 1}', "It opens at nine."),
        ("{type: MaliciousURLs}", "See https://a.example", "[shop.com](https://evil.test/)"),
        ("{type: NoRefusal}", "It opens at nine.", "I'm sorry, but I can't help with that."),
    ],
)
def test_answers_are_judged_by_what_was_converted(made, tmp_path, line, fine, refused):
    path = tmp_path / "mine.toml"
    path.write_text(made(f"output_scanners: [{line}]").text, "utf-8")
    guard = Guard(load(path, locked=False))

    decisions = [guard.exchange().output(text).decision for text in (fine, refused)]
    guard.close()
    assert decisions == ["allow", "block"]


@pytest.mark.parametrize("needed", ["", "required_elements: 0", "required_elements: true"])
def test_json_that_need_not_be_there_is_left_out(made, needed):
    found = made(f"output_scanners: [{{type: Gibberish}}, {{type: JSON, params: {{ {needed} }}}}]")

    assert any("needs no JSON" in what for what in notes(found, Kind.DROPPED))


def test_a_scanner_of_answers_among_those_of_prompts_is_left_out(made, tmp_path):
    found = made("input_scanners: [{type: Gibberish}, {type: Relevance, params: {}}]")

    assert document(found, tmp_path).scanners.keys() == {"gibberish"}
    assert any("answers only" in what for what in notes(found, Kind.DROPPED))


def test_every_scanner_and_key_of_the_file_has_a_note(made):
    found = made()

    for side, count in (("input", 16), ("output", 7)):
        for number in range(count):
            assert any(n.where.startswith(f"{side}_scanners[{number}] ") for n in found.notes)


def test_a_file_that_is_carried_over_whole_says_so(made, tmp_path):
    found = made("input_scanners: [{type: InvisibleText}, {type: Gibberish}]")

    assert found.complete
    assert document(found, tmp_path).limits.deadline_ms == 5_000


def test_defaults_of_the_environment_stand(made, tmp_path):
    policy = document(made(), tmp_path)

    assert policy.limits.deadline_ms == 10_000
    assert _resolved({"a": "${A:1.5}", "b": ["${B:true}"], "c": "x ${C:y} z", "d": "${D}"}) == {
        "a": 1.5,
        "b": [True],
        "c": "x y z",
        "d": None,
    }


def test_the_policy_finds_the_shipped_rules_and_decides_as_asked(made, tmp_path):
    found = made(
        "input_scanners:\n"
        "  - {type: BanSubstrings, params: {substrings: [Globex], match_type: word}}\n"
        "  - {type: Secrets, params: {}}\n"
    )
    path = tmp_path / "mine.toml"
    path.write_text(found.text, "utf-8")
    policy = load(path, locked=False)
    guard = Guard(policy)

    decisions = [
        guard.exchange().input([segment(text, Source.USER)]).decision
        for text in ("hello", "Buy from Globex", "ghp_" + "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2")
    ]

    guard.close()
    assert decisions == ["allow", "block", "redact"]
    assert len(policy.rules) > 10


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "neither"),
        ("[1, 2]", "neither"),
        ("app: {}", "neither"),
        ("input_scanners: {a: 1}", "no list"),
        ("input_scanners: [", "not YAML"),
        ("input_scanners: !!python/object/apply:os.system ['true']", "not YAML"),
        ("input_scanners: []", "none of its scanners"),
        ("input_scanners: [{type: Sentiment}]", "none of its scanners"),
        ("input_scanners: [7, {params: {}}]", "none of its scanners"),
        ("input_scanners: &a [*a]", "nested too deeply"),
        ("a: " + "[" * 40 + "]" * 40 + "\ninput_scanners: []", "nested too deeply"),
    ],
)
def test_what_is_no_configuration_of_llm_guard_is_refused(made, text, what):
    with pytest.raises(PolicyError, match=what):
        made(text)


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path):
    (tmp_path / "bytes.yml").write_bytes(b"\xff\xfe\x00")

    for name in ("nothing.yml", "bytes.yml"):
        with pytest.raises(PolicyError):
            convert(tmp_path / name, tmp_path)


@pytest.mark.parametrize("kind", sorted({*_TYPES, *_ABSENT}))
@pytest.mark.parametrize("side", ["input", "output"])
@pytest.mark.parametrize(
    "params", ["{}", "null", "7", "{limit: true, topics: 3, substrings: [1, ''], languages: [X]}"]
)
def test_a_scanner_with_odd_parameters_is_converted_or_left_out(made, kind, side, params, tmp_path):
    found = made(
        f"{side}_scanners: [{{type: Gibberish}}, {{type: {kind}, params: {params}}}]",
    )

    for name, entry in document(found, tmp_path).scanners.items():
        scanner_class(name).Options.model_validate(entry.options)
    assert any(n.where == f"{side}_scanners[1] {kind}" for n in found.notes)


PLAIN = st.text() | st.booleans() | st.integers(-(2**62), 2**62) | st.lists(st.text(), max_size=3)


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.text(min_size=1),
        PLAIN | st.dictionaries(st.text(min_size=1), PLAIN, max_size=3),
        max_size=4,
    )
)
def test_what_is_written_as_toml_reads_the_same(table):
    import tomllib

    assert tomllib.loads(_table(table)) == table


def test_the_command_writes_the_policy_and_tells_what_is_left_out(tmp_path):
    source, target = tmp_path / "scanners.yml", tmp_path / "mine.toml"
    source.write_text(SCANNERS_YML, "utf-8")

    done = CliRunner().invoke(app, ["policy", "convert", str(source), "-o", str(target)])
    again = CliRunner().invoke(app, ["policy", "convert", str(source), "-o", str(target)])

    assert done.exit_code == 4
    assert "left out: input_scanners[13] Sentiment" in done.stderr
    assert "shield calibrate --policy" in done.stderr
    assert load(target, locked=False).document.name == "converted"
    assert again.exit_code == 2
    assert "exists" in again.stderr


def test_the_command_prints_the_policy_and_passes_when_nothing_is_left_out(tmp_path):
    source = tmp_path / "scanners.yml"
    source.write_text("input_scanners: [{type: Gibberish, params: {}}]", "utf-8")

    done = CliRunner().invoke(app, ["policy", "convert", str(source)])

    assert done.exit_code == 0
    assert toml.parse(done.stdout, PolicyDocument, source).scanners.keys() == {"gibberish"}


def test_notes_cannot_steer_a_terminal_or_leave_their_comment(made):
    found = made('input_scanners: [{type: Gibberish}, {type: "a\\nname = 1\\e[31m"}]')

    assert "\x1b" not in found.text
    assert not [line for line in found.text.splitlines() if line.startswith("name = 1")]
