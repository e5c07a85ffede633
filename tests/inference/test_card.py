"""Model folders: what is not what its card says is refused before the first request."""

import hashlib
import re
import shutil
from pathlib import Path

import pytest

from shield.errors import ModelError
from shield.inference.card import verified

SHIPPED = Path(__file__).parents[2] / "models" / "injection"

# As the committed card has it, so that another model does not break these tests.
TEMPERATURE, SIZE, OVERLAP = (
    re.search(rf"{key} = [\d.]+", (SHIPPED / "card.toml").read_text("utf-8"))[0]
    for key in ("temperature", "size", "overlap")
)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder that is valid in all but the graph's ability to run."""
    (tmp_path / "model.onnx").write_bytes(b"graph")
    shutil.copy(SHIPPED / "tokenizer.json", tmp_path)
    card = (SHIPPED / "card.toml").read_text("utf-8")
    digest = hashlib.sha256(b"graph").hexdigest()
    shown = card.replace(_sha("model.onnx", card), digest)
    (tmp_path / "card.toml").write_text(shown, encoding="utf-8")
    return tmp_path


def _sha(name: str, card: str) -> str:
    return card.partition(f'[files."{name}"]\nsha256 = "')[2][:64]


def _edit(folder: Path, old: str, new: str) -> None:
    card = folder / "card.toml"
    text = card.read_text("utf-8")
    assert old in text
    card.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_shipped_model_is_what_its_card_says():
    assert verified(SHIPPED).name == "injection"


def test_a_folder_that_is_what_its_card_says_is_accepted(folder):
    assert verified(folder).labels[0] == "benign"


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(ModelError):
        verified(tmp_path / "none")


@pytest.mark.parametrize("name", ["card.toml", "model.onnx", "tokenizer.json"])
def test_a_missing_file_is_refused_by_name(folder, name):
    (folder / name).unlink()
    with pytest.raises(ModelError) as caught:
        verified(folder)
    assert caught.value.where == str(folder / name)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_file_of_which_one_byte_was_altered_is_refused_by_name(folder, name):
    raw = bytearray((folder / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (folder / name).write_bytes(raw)
    with pytest.raises(ModelError) as caught:
        verified(folder)
    assert caught.value.where == str(folder / name)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_symlink_is_refused_even_when_it_leads_to_the_right_bytes(folder, tmp_path_factory, name):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / name
    shutil.move(folder / name, elsewhere)
    (folder / name).symlink_to(elsewhere)
    with pytest.raises(ModelError, match=name):
        verified(folder)


@pytest.mark.parametrize("name", ["../model.onnx", "/etc/passwd", "sub/model.onnx", "..", "."])
def test_a_card_cannot_point_out_of_its_folder(folder, name):
    _edit(folder, '[files."model.onnx"]', f'[files."{name}"]')
    with pytest.raises(ModelError):
        verified(folder)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_card_that_does_not_vouch_for_a_file_that_is_served_is_refused(folder, name):
    card = (folder / "card.toml").read_text("utf-8")
    _edit(folder, f'[files."{name}"]\nsha256 = "{_sha(name, card)}"\n', "")
    with pytest.raises(ModelError):
        verified(folder)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "injection"', "name = 5"),
        ('name = "injection"\n', ""),
        (SIZE, 'size = "many"'),
        ('prefix = "user', 'prefixes = "user'),
        (SIZE + "\n", ""),
        (TEMPERATURE, 'temperature = "hot"'),
        ('sha256 = "', 'sha512 = "'),
        ('name = "injection"', "name = "),
    ],
)
def test_a_card_that_does_not_fit_is_refused(folder, old, new):
    _edit(folder, old, new)
    with pytest.raises(ModelError) as caught:
        verified(folder)
    assert caught.value.where == str(folder / "card.toml")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (TEMPERATURE, "temperature = 0.0"),
        (TEMPERATURE, "temperature = -1.0"),
        (TEMPERATURE, "temperature = nan"),
        (OVERLAP, "overlap = 255"),
        (OVERLAP, "overlap = -64"),
        (SIZE, "size = 3"),
    ],
)
def test_a_card_whose_numbers_cannot_work_is_refused(folder, old, new):
    _edit(folder, old, new)
    with pytest.raises(ModelError):
        verified(folder)


def test_a_card_without_a_canary_is_refused(folder):
    card = folder / "card.toml"
    head, _, rest = card.read_text("utf-8").partition("[[canary]]")
    tail = rest[rest.index("[[data]]") :]
    card.write_text(head + "canary = []\n" + tail, encoding="utf-8")
    with pytest.raises(ModelError):
        verified(folder)


def test_a_card_that_is_not_utf8_is_refused(folder):
    (folder / "card.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(ModelError):
        verified(folder)


def test_the_digest_of_a_model_is_the_same_every_time():
    assert verified(SHIPPED).digest == verified(SHIPPED).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [(TEMPERATURE, "temperature = 0.9"), (OVERLAP, "overlap = 3")],
)
def test_a_model_that_scores_otherwise_has_another_digest(folder, old, new):
    before = verified(folder).digest
    _edit(folder, old, new)
    assert verified(folder).digest != before
