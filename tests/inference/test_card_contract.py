"""What a card has to say, by the task of its graph."""

import pytest

from shield.errors import ModelError
from shield.inference.card import contents, verified
from tests.tiny_models import surface


def canary(label: str = "bad", name: str = "text"):
    return {"surface": name, "text": "x", "lead": "", "label": label, "score": 0.5}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"canary": []}, "canary"),
        ({"canary": [canary("other")]}, "canary"),
        ({"canary": [canary(name="moon")]}, "canary"),
        ({"labels": []}, "labels"),
        ({"labels": ["bad"]}, "labels"),
        ({"labels": ["bad", "bad"]}, "labels"),
        ({"marks": ["outside"]}, "marks"),
        ({"marks": ["outside", "PERSON", "PERSON"]}, "marks"),
        ({"task": "token-classification", "labels": [], "marks": []}, "marks"),
        ({"task": "summarisation"}, "task"),
        ({"activation": "relu"}, "activation"),
        ({"reader": "letters"}, "reader"),
        ({"surfaces": {}}, "surfaces"),
        ({"surfaces": {"text": surface(size=31)}}, "windows"),
        ({"surfaces": {"text": surface(size=513)}}, "windows"),
        ({"surfaces": {"text": surface(overlap=17)}}, "windows"),
        ({"task": "embedding", "labels": [], "canary": [canary("bad")]}, "canary"),
        ({"files": {"tokenizer.json": {"sha256": "0" * 64}}}, "missing|differs|model.onnx"),
    ],
)
def test_a_card_that_its_task_does_not_bear_is_refused(home, changes, word):
    with pytest.raises(ModelError, match=word):
        verified(home(**changes))


def test_a_card_of_one_label_needs_a_sigmoid(home):
    place = home(labels=["bad"], activation="sigmoid")
    assert verified(place).labels == ("bad",)


def test_a_card_over_ngrams_needs_no_tokenizer(home):
    place = home(reader="ngrams")
    whole = (place / "card.toml").read_text("utf-8")
    files = next(line for line in whole.splitlines() if line.startswith("files"))
    onnx_only = files.partition(', "tokenizer.json"')[0] + "}"
    (place / "card.toml").write_text(whole.replace(files, onnx_only), "utf-8")
    assert verified(place).files.keys() == {"model.onnx"}
    (place / "card.toml").write_text(
        whole.replace(files, onnx_only).replace('"ngrams"', '"tokens"'), "utf-8"
    )
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        verified(place)


def test_the_bytes_that_were_verified_are_the_ones_that_are_used(home):
    place = home()
    _, files = contents(place)
    assert files["model.onnx"] == (place / "model.onnx").read_bytes()


def test_what_a_card_of_today_leaves_out_has_its_meaning(home):
    card = verified(home())
    assert (card.activation, card.reader, card.surfaces["text"].pass_threshold) == (
        "softmax",
        "tokens",
        0.0,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"activation": "sigmoid"},
        {"marks": ["outside", "PLACE", "PERSON"]},
        {"labels": ["bad", "x"]},
    ],
)
def test_a_model_that_answers_otherwise_has_another_digest(home, changes):
    assert verified(home("a")).digest != verified(home("b", **changes)).digest
