"""Models that are loaded are used again only when they are exactly what is needed."""

import shutil

from shield.inference.brought import Brought
from shield.inference.engine import Engine
from tests.tiny_models import folder, graph, table


def test_the_same_models_are_served(home):
    made = Engine(home().parent, ["tiny"])
    assert made.serves(home().parent, {"tiny"}, {})


def test_other_names_or_another_folder_are_not(home, tmp_path):
    made = Engine(home().parent, ["tiny"])
    shutil.copytree(home(), tmp_path / "elsewhere" / "tiny")
    at = tmp_path
    assert not made.serves(at, {"tiny", "other"}, {})
    assert not made.serves(at, set(), {})
    assert not made.serves(tmp_path / "elsewhere", {"tiny"}, {})


def test_a_model_that_was_exchanged_on_disk_is_loaded_anew(home):
    at = home()
    made = Engine(at.parent, ["tiny"])
    folder(at, graph({"logits": ("sum", table(2, {"bad": (0, 2)}))}))
    assert not made.serves(at.parent, {"tiny"}, {})


def test_a_model_that_was_altered_or_removed_is_not_served(home):
    at = home()
    made = Engine(at.parent, ["tiny"])
    (at / "model.onnx").write_bytes(b"altered")
    assert not made.serves(at.parent, {"tiny"}, {})
    shutil.rmtree(at)
    assert not made.serves(at.parent, {"tiny"}, {})


def test_what_a_user_brought_is_read_again(home, tmp_path):
    made = Engine(home().parent, ["tiny"])
    own = Brought(folder=tmp_path, sha256="0" * 64, task="", size=64, overlap=0)
    assert not made.serves(home().parent, {"tiny"}, {"tiny": own})
