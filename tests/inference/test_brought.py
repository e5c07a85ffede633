"""Bring your own: a Hugging Face folder with an ONNX file, both tasks."""

import contextlib
import json
import math
from pathlib import Path

import pytest

from shield.errors import ModelError
from shield.inference.brought import SURFACE, Brought, opened
from shield.inference.engine import Engine
from tests.tiny_models import VOCABULARY, graph, hugging_face, sha256, table

LABELS = {
    "id2label": {"0": "OK", "1": "Toxic Speech"},
    "architectures": ["BertForSequenceClassification"],
}
SEQUENCE = graph({"logits": ("sum", table(2, {"bad": (0, 1), "worse": (0, 3)}))})
TAGS = ("I-PER", "O", "B-PER", "B-LOC", "I-LOC")
CLASSES = {
    "id2label": {str(i): tag for i, tag in enumerate(TAGS)},
    "architectures": ["RobertaForTokenClassification"],
}
TOKENS = graph(
    {
        "logits": (
            "token",
            table(
                5,
                {
                    **dict.fromkeys(VOCABULARY, (0, 6, 0, 0, 0)),
                    "anna": (2, 0, 5, 0, 0),
                    "lee": (5, 0, 2, 0, 0),
                    "oslo": (0, 0, 0, 4, 4),
                },
            ),
        )
    }
)


def brought(folder: Path, raw: bytes = SEQUENCE, config=LABELS, where="model.onnx", **changes):
    return Brought(
        **{"folder": hugging_face(folder, raw, config, where), "sha256": sha256(raw), **changes}
    )


@pytest.mark.parametrize("where", ["model.onnx", "onnx/model.onnx"])
def test_a_classifier_of_texts_answers_by_the_labels_of_its_configuration(tmp_path, where):
    made = opened("mine", brought(tmp_path, where=where))
    (scores,) = made.scores([("the bad ship", SURFACE)])
    assert scores.labels == ("OK", "Toxic Speech")
    assert scores.highest("Toxic Speech") == pytest.approx(1 / (1 + math.exp(-1)))


def test_labels_that_do_not_exclude_each_other_are_scored_alone(tmp_path):
    config = {**LABELS, "problem_type": "multi_label_classification"}
    (scores,) = opened("mine", brought(tmp_path, config=config)).scores([("the ship", SURFACE)])
    assert scores.windows[0].probabilities == pytest.approx((0.5, 0.5))


def test_one_label_is_scored_alone(tmp_path):
    raw = graph({"logits": ("sum", table(1, {"bad": (2,)}))})
    config = {**LABELS, "id2label": {"0": "toxic"}}
    (scores,) = opened("mine", brought(tmp_path, raw, config)).scores([("bad", SURFACE)])
    assert scores.highest("toxic") == pytest.approx(1 / (1 + math.exp(-2)))


def test_ten_labels_are_in_the_order_of_their_numbers(tmp_path):
    names = [f"L{n}" for n in range(12)]
    raw = graph({"logits": ("sum", table(12, {"bad": [float(n) for n in range(12)]}))})
    config = {**LABELS, "id2label": {str(n): name for n, name in enumerate(names)}}
    (scores,) = opened("mine", brought(tmp_path, raw, config)).scores([("bad", SURFACE)])
    assert scores.labels == tuple(names)
    assert list(scores.windows[0].probabilities) == sorted(scores.windows[0].probabilities)


def test_a_classifier_of_tokens_marks_entities_whatever_their_position(tmp_path):
    text = "the ship of anna lee sails to oslo"
    made = opened("mine", brought(tmp_path, TOKENS, CLASSES))
    (scores,) = made.scores([(text, SURFACE)])
    assert made.card.marks == ("O", "PER", "LOC")
    assert [(text[m.start : m.end], m.label) for m in scores.marks] == [
        ("anna lee", "PER"),
        ("oslo", "LOC"),
    ]
    person = scores.marks[[m.label for m in scores.marks].index("PER")]
    both = math.exp(2) + math.exp(5)
    assert person.score == pytest.approx(both / (both + 3), abs=1e-5)


def test_a_graph_that_takes_token_types_gets_them(tmp_path):
    raw = graph(
        {"logits": ("sum", table(2, {"bad": (0, 1)}))},
        ("input_ids", "attention_mask", "token_type_ids"),
    )
    (scores,) = opened("mine", brought(tmp_path, raw)).scores([("bad", SURFACE)])
    assert scores.highest("Toxic Speech") > 0.7


def test_a_long_text_is_covered_by_windows_of_the_stated_size(tmp_path):
    made = opened("mine", brought(tmp_path, size=40, overlap=10))
    (scores,) = made.scores([("the ship " * 100 + "worse", SURFACE)])
    assert len(scores.windows) == 7
    assert scores.windows[-1].probabilities[1] > 0.9 > scores.windows[0].probabilities[1]


def test_the_policy_may_state_the_task(tmp_path):
    entry = brought(tmp_path, TOKENS, {**CLASSES, "architectures": []}, task="token-classification")
    assert opened("mine", entry).card.task == "token-classification"


def test_the_digest_changes_with_the_graph_and_with_the_tokenizer(tmp_path):
    first = opened("mine", brought(tmp_path / "a")).card.digest
    other = graph({"logits": ("sum", table(2, {"bad": (0, 2)}))})
    assert first == opened("mine", brought(tmp_path / "b")).card.digest
    assert first != opened("mine", brought(tmp_path / "c", other)).card.digest
    entry = brought(tmp_path / "d")
    path = entry.folder / "tokenizer.json"
    path.write_text(
        path.read_text("utf-8")
        .replace('"lowercase":true', '"lowercase":false')
        .replace('"lowercase": true', '"lowercase": false'),
        "utf-8",
    )
    assert first != opened("mine", entry).card.digest


def refused(entry: Brought) -> ModelError:
    with pytest.raises(ModelError) as caught:
        opened("mine", entry)
    return caught.value


def test_another_file_than_the_policy_names_is_refused_before_it_is_loaded(tmp_path, monkeypatch):
    entry = brought(tmp_path, sha256="0" * 64)
    monkeypatch.setattr("shield.inference.session._opened", None)
    error = refused(entry)
    assert "sha256" in error.what
    assert error.where == str(tmp_path / "model.onnx")


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({**LABELS, "id2label": {}}, "id2label"),
        ({**LABELS, "id2label": {"0": "a", "2": "b"}}, "id2label"),
        ({**LABELS, "id2label": {"0": "a", "1": "a"}}, "twice"),
        ({**LABELS, "id2label": {"0": "a", "1": 2}}, "invalid"),
        ({**LABELS, "architectures": ["BertForMaskedLM"]}, "task"),
        ({**LABELS, "architectures": []}, "task"),
        ({**LABELS, "architectures": ["BertForTokenClassification"]}, "no class O"),
        ({**LABELS, "id2label": {"0": "a", "1": "b", "2": "c"}}, "wrong shape"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(tmp_path, config, word):
    assert word in refused(brought(tmp_path, config=config)).what


def test_an_unknown_task_is_refused(tmp_path):
    assert "embedding" in refused(brought(tmp_path, task="embedding")).what


@pytest.mark.parametrize(
    ("changes", "word"), [({"size": 600}, "windows"), ({"size": 40, "overlap": 39}, "windows")]
)
def test_a_size_that_cannot_be_is_refused(tmp_path, changes, word):
    assert word in refused(brought(tmp_path, **changes)).what


@pytest.mark.parametrize("name", ["model.onnx", "config.json", "tokenizer.json"])
def test_a_missing_file_is_refused(tmp_path, name):
    entry = brought(tmp_path)
    (tmp_path / name).unlink()
    refused(entry)


@pytest.mark.parametrize("text", ["{", "[]", "\x00"])
def test_a_broken_configuration_is_refused_by_name(tmp_path, text):
    entry = brought(tmp_path)
    (tmp_path / "config.json").write_text(text)
    assert refused(entry).where == str(tmp_path / "config.json")


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    refused(Brought(tmp_path / "none", "0" * 64))


def test_code_in_the_folder_is_not_run(tmp_path):
    entry = brought(tmp_path)
    (tmp_path / "tokenization_mine.py").write_text(
        f"open({str(tmp_path / 'ran')!r}, 'w')\nclass T: pass\n"
    )
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    config["auto_map"] = {"AutoTokenizer": [None, "tokenization_mine.T"]}
    config["tokenizer_class"] = "T"
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    with contextlib.suppress(ModelError):
        opened("mine", entry)
    assert not (tmp_path / "ran").exists()


def test_an_engine_serves_it_under_its_name(tmp_path):
    engine = Engine(tmp_path, [], brought={"custom-mine": brought(tmp_path / "m")})
    assert engine.scores("custom-mine", [("worse", SURFACE)])[0].highest("Toxic Speech") > 0.9
    assert engine.digests.keys() == {"custom-mine"}
