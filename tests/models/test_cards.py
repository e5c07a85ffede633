"""Every model folder: what its card must say, and what the weights may weigh together."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from models.train import harm_labels
from shield.inference.card import verified

MODELS = Path(__file__).parents[2] / "models"
FOLDERS = sorted(p.parent for p in MODELS.glob("*/model.onnx"))
MOST_BYTES = 130_000_000
# The categories of OpenAI's moderation endpoint (omni-moderation).
MODERATION = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)

each_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def _said(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "card.toml").read_text("utf-8"))


@each_folder
def test_files_are_what_the_card_says(folder):
    card = verified(folder)

    assert card.name == folder.name
    assert {p.name for p in folder.iterdir()} == {*card.files, "card.toml"}


@each_folder
def test_card_says_whence_for_what_and_how_well(folder):
    said = _said(folder)

    assert said["licence"]
    assert said["base"]
    assert len(said["intended_use"]) > 40
    assert said["known_misses"]
    assert said["metrics"]


@each_folder
def test_each_source_has_a_licence_and_its_rows(folder):
    sources = _said(folder)["data"]

    assert sources
    for source in sources:
        assert source["set"]
        assert source["source"]
        assert source["licence"], source["set"]
        assert source["rows"] > 0, source["set"]


@each_folder
def test_metrics_say_on_how_many_they_stand(folder):
    def counts(part: Any) -> bool:
        return isinstance(part, dict) and (
            any(name == "n" or name.startswith("n_") for name in part)
            or any(counts(inner) for inner in part.values())
        )

    assert any(counts(part) for part in _said(folder)["metrics"].values())


@each_folder
def test_no_card_names_a_place_on_the_machine_that_wrote_it(folder):
    text = (folder / "card.toml").read_text("utf-8")

    assert "/home/" not in text
    assert "/root/" not in text
    assert "/work/" not in text
    assert str(MODELS) not in text


@each_folder
def test_canaries_name_what_the_model_answers(folder):
    said = _said(folder)

    assert said["canary"]
    for canary in said["canary"]:
        assert canary["surface"] in said["surfaces"]
        assert canary.get("label", "") in {"", *said["labels"], *said.get("marks", [])}


def test_models_are_there_and_light_together():
    assert MODELS / "injection" in FOLDERS

    weight = sum(p.stat().st_size for folder in FOLDERS for p in folder.iterdir())
    assert weight < MOST_BYTES


def test_harm_recipe_lists_each_category_once_as_covered_or_not():
    covered, missing = harm_labels.LABELS, harm_labels.NOT_COVERED

    assert sorted([*covered, *missing]) == sorted(MODERATION)
    assert set(harm_labels.MLCOMMONS) == set(covered)
    assert "sexual/minors" in missing


@pytest.mark.skipif(MODELS / "harm" not in FOLDERS, reason="no weights of harm are shipped")
def test_harm_covers_only_what_a_hundred_rows_were_labelled_with():
    said = _said(MODELS / "harm")

    assert said["labels"] == list(harm_labels.LABELS)
    assert said["not_covered"] == list(harm_labels.NOT_COVERED)
    assert all(said["rows_of_label"][name]["labelled"] >= 100 for name in said["labels"])
