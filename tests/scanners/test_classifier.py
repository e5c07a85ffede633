"""The user's own models: their labels are findings, decided like any other."""

import pytest

from shield.errors import ModelError, PolicyError
from shield.guard import Guard
from shield.label import segment
from shield.policy.load import load
from shield.scanners.classifier import rule_of
from shield.types import Checkpoint, Decision, Severity, Source, Surface
from shield.wire.chat import call
from tests.inference.test_brought import CLASSES, LABELS, SEQUENCE, TOKENS
from tests.tiny_models import hugging_face, sha256

BAD = 'flags = { "Toxic Speech" = "error" }'


@pytest.fixture
def guard(tmp_path):
    """Build a guard with one or two models and further lines of policy."""
    made = []

    def make(flags=BAD, *, tokens=None, scanner="", entry="", classifier="[scanners.classifier]"):
        hugging_face(tmp_path / "mine", SEQUENCE, LABELS)
        lines = ['name = "t"', 'version = "1"', classifier, scanner]
        lines += ["[custom_models.mine]", 'path = "mine"', f'sha256 = "{sha256(SEQUENCE)}"']
        lines += [flags, entry]
        if tokens:
            hugging_face(tmp_path / "tags", TOKENS, CLASSES, "onnx/model.onnx")
            lines += [
                "[custom_models.tags]",
                'path = "tags"',
                f'sha256 = "{sha256(TOKENS)}"',
                tokens,
            ]
        (tmp_path / "p.toml").write_text("\n".join(lines) + "\n")
        made.append(Guard(load(tmp_path / "p.toml", locked=False), complete=True))
        return made[-1]

    yield make
    for guard in made:
        guard.close()


def judged(guard, text, source=Source.USER):
    return guard.exchange().input([segment(text, source)])


def test_a_flagged_label_counts_from_the_threshold_of_its_model(guard):
    shown = guard()
    low, high = judged(shown, "the ship").verdict, judged(shown, "worse").verdict
    assert [f.rule for f in high.findings] == ["classifier/mine-toxic-speech"]
    assert high.findings[0].severity is Severity.ERROR
    assert high.findings[0].score == pytest.approx(0.9526, abs=1e-3)
    assert judged(guard(entry="threshold = 0.6"), "the ship").verdict.findings == ()
    assert [f.score for f in low.findings] == [0.5]


def test_the_policy_decides_by_scanner_and_by_rule(guard):
    rules = (
        '[scanners.classifier.rules]\n"classifier/mine-toxic-speech" = { decision = "escalate" }'
    )
    entry = 'decision = "block"'
    assert judged(guard(scanner=entry), "worse").decision is Decision.BLOCK
    assert judged(guard(scanner=rules), "worse").decision is Decision.ESCALATE
    assert judged(guard(), "worse").decision is Decision.ALLOW


def test_the_threshold_of_the_lock_wins(guard):
    policy = guard().policy.with_thresholds({"classifier/mine-toxic-speech@user": 0.99})
    (finding,) = judged(guard(), "worse").verdict.findings
    assert policy.threshold(finding) == 0.99


def test_labels_that_are_not_flagged_are_not_reported(guard):
    assert {f.rule for f in judged(guard(), "worse").verdict.findings} == {
        "classifier/mine-toxic-speech"
    }


def test_the_span_of_a_label_is_its_highest_window(guard):
    text = "the ship " * 400 + "worse"
    (finding,) = judged(guard(), text, Source.DOCUMENT).verdict.findings
    (span,) = finding.spans
    assert text[span.start : span.end].endswith("worse")
    assert span.start > 1_000
    assert finding.surface is Surface.DATA


def test_marks_are_cut_out_where_the_policy_redacts(guard):
    shown = guard(
        tokens='flags = { PER = "notice" }\nthreshold = 0.9',
        scanner='decision = "redact"',
        entry="threshold = 0.9",
    )
    outcome = judged(shown, "the ship of anna lee sails to oslo", Source.DOCUMENT)
    assert outcome.decision is Decision.REDACT
    (seen,) = outcome.segments
    assert "anna" not in seen.text
    assert "oslo" in seen.text


def test_it_judges_answers_too_and_leaves_the_system_alone(guard):
    shown = guard(scanner='decision = "block"')
    assert shown.exchange().output("worse").decision is Decision.BLOCK
    assert judged(shown, "worse", Source.SYSTEM).decision is Decision.ALLOW
    assert judged(shown, "  ").verdict.findings == ()
    assert shown.exchange().action(call("send", {"to": "worse"})).decision is Decision.ALLOW


def test_a_model_that_fails_is_decided_by_on_error(guard, monkeypatch):
    shown = guard()

    def fail(rows):
        raise RuntimeError("canary-7731")

    answers = shown.pipeline.engine._graphs["custom-mine"]._answers
    monkeypatch.setattr(answers, "_run", fail)
    verdict = judged(shown, "worse").verdict
    assert (verdict.decision, verdict.findings[0].error) == (Decision.BLOCK, True)
    assert "canary-7731" not in repr(verdict)


def test_a_label_that_the_model_has_not_is_refused_at_start(guard):
    with pytest.raises(ModelError, match="Toxic Speech") as caught:
        guard('flags = { toxic = "error" }')
    assert "custom_models.mine.flags" in caught.value.what


@pytest.mark.parametrize(
    ("flags", "entry", "place"),
    [
        ("flags = {}", "", "custom_models.mine.flags"),
        ('flags = { a = "awful" }', "", "custom_models.mine.flags.a"),
        (BAD, "size = 16", "custom_models.mine.size"),
        (BAD, "threshold = 1.5", "custom_models.mine.threshold"),
        (BAD, 'task = "embedding"', "custom_models.mine.task"),
        (BAD, "sha = 3", "custom_models.mine.sha"),
    ],
)
def test_an_entry_that_does_not_fit_is_refused_by_line(guard, flags, entry, place):
    with pytest.raises(PolicyError) as caught:
        guard(flags, entry=entry)
    assert caught.value.what.startswith(place)
    assert caught.value.line


def test_models_without_the_scanner_are_refused(guard):
    with pytest.raises(PolicyError, match="custom_models without"):
        guard(classifier="[scanners.hidden_text]")


def test_the_scanner_without_models_is_refused(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text('name = "t"\nversion = "1"\n[scanners.classifier]\n')
    with pytest.raises(PolicyError, match=r"\[scanners\.classifier\] without"):
        Guard(load(path, locked=False))


@pytest.mark.parametrize("name", ["My", "a-b", "a_b", "1a", ""])
def test_a_name_that_would_blur_the_rule_is_refused(tmp_path, name):
    path = tmp_path / "p.toml"
    path.write_text(
        'name = "t"\nversion = "1"\n[scanners.classifier]\n'
        f'[custom_models."{name}"]\npath = "m"\nsha256 = "{"0" * 64}"\n{BAD}\n'
    )
    with pytest.raises(PolicyError, match="custom_models"):
        load(path, locked=False)


@pytest.mark.parametrize(
    ("label", "rule"),
    [
        ("Toxic Speech", "classifier/m-toxic-speech"),
        ("LABEL_1", "classifier/m-label-1"),
        ("S/identity hate!", "classifier/m-s-identity-hate"),
        ("毒", "classifier/m-u6bd2"),
        ("!", "classifier/m-label"),
    ],
)
def test_a_rule_is_named_by_model_and_label(label, rule):
    assert rule_of("m", label) == rule


def test_it_reads_what_goes_to_the_model_and_what_comes_back(guard):
    (bound,) = guard().pipeline.scanners
    assert bound.checkpoints == {Checkpoint.INPUT, Checkpoint.OUTPUT}
