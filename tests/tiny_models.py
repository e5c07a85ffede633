"""Models of a few numbers, made here: a table of values a token, and means over a window."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = [
    "the",
    "ship",
    "sails",
    "bad",
    "worse",
    "anna",
    "lee",
    "oslo",
    "rome",
    "user",
    ",",
    ".",
    "-",
]
VOCABULARY = [*SPECIAL, *WORDS, *LETTERS, *(f"##{c}" for c in LETTERS)]
NUMBER = {word: n for n, word in enumerate(VOCABULARY)}

Values = Mapping[str, Sequence[float]]


def tokenizer() -> Tokenizer:
    """Lower-case WordPiece over `VOCABULARY`, which closes texts as BERT does."""
    made = Tokenizer(models.WordPiece(NUMBER, unk_token="[UNK]", max_input_chars_per_word=100))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[("[CLS]", NUMBER["[CLS]"]), ("[SEP]", NUMBER["[SEP]"])],
    )
    made.add_special_tokens(SPECIAL)
    return made


def table(width: int, values: Values) -> np.ndarray:
    """One row a token: zero unless `values` names the token."""
    rows = np.zeros((len(VOCABULARY), width), np.float32)
    for word, row in values.items():
        rows[NUMBER[word]] = row
    return rows


def graph(
    outputs: Mapping[str, tuple[str, np.ndarray]],
    inputs: Sequence[str] = ("input_ids", "attention_mask"),
    kind: int = TensorProto.INT64,
) -> bytes:
    """A graph whose outputs are `sum` over the window or one row a `token` of a table."""
    nodes = [
        helper.make_node("Cast", ["attention_mask"], ["shown2"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["shown2", "last"], ["shown"]),
    ]
    constants = [
        numpy_helper.from_array(np.array([2], np.int64), "last"),
        numpy_helper.from_array(np.array([1], np.int64), "tokens"),
    ]
    answers = []
    for name, (how, rows) in outputs.items():
        constants.append(numpy_helper.from_array(rows, f"{name}_table"))
        nodes += [
            helper.make_node("Gather", [f"{name}_table", "input_ids"], [f"{name}_rows"]),
            helper.make_node("Mul", [f"{name}_rows", "shown"], [f"{name}_kept"]),
        ]
        shape: list[Any] = ["batch", rows.shape[1]]
        if how == "sum":
            nodes.append(
                helper.make_node("ReduceSum", [f"{name}_kept", "tokens"], [name], keepdims=0)
            )
        elif how == "mixing":  # divided by the largest value of the batch, as int8 scales are
            nodes += [
                helper.make_node(
                    "ReduceSum", [f"{name}_kept", "tokens"], [f"{name}_s"], keepdims=0
                ),
                helper.make_node("ReduceMax", [f"{name}_s"], [f"{name}_m"], keepdims=0),
                helper.make_node("Div", [f"{name}_s", f"{name}_m"], [name]),
            ]
        else:
            nodes.append(helper.make_node("Identity", [f"{name}_kept"], [name]))
            shape = ["batch", "tokens", rows.shape[1]]
        answers.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    if "token_type_ids" in inputs:  # takes part in the sum, so that it has to be there
        nodes.insert(0, helper.make_node("Add", ["input_ids", "token_type_ids"], ["typed"]))
        for node in nodes:
            if node.op_type == "Gather":
                node.input[1] = "typed"
    given = [helper.make_tensor_value_info(name, kind, ["batch", "tokens"]) for name in inputs]
    made = helper.make_graph(nodes, "tiny", given, answers, constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def folder(home: Path, raw: bytes, **changes: Any) -> Path:
    """A model folder by the contract of the shipped ones; `changes` replace keys of its card."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "model.onnx").write_bytes(raw)
    tokenizer().save(str(home / "tokenizer.json"))
    card: dict[str, Any] = {
        "name": "tiny",
        "task": "sequence-classification",
        "labels": ["fine", "bad"],
        "marks": [],
        "activation": "softmax",
        "licence": "Apache-2.0",
        "surfaces": {"text": surface()},
        "canary": [{"surface": "text", "text": "", "lead": "", "label": "bad", "score": 0.5}],
        "files": {
            name: {"sha256": sha256((home / name).read_bytes())}
            for name in ("model.onnx", "tokenizer.json")
        },
    }
    text = "".join(toml(key, value) for key, value in {**card, **changes}.items())
    (home / "card.toml").write_text(text, "utf-8")
    return home


def surface(**changes: Any) -> dict[str, Any]:
    return {"prefix": "", "temperature": 1.0, "size": 32, "overlap": 8, **changes}


def toml(key: str, value: Any) -> str:
    """One key as TOML, by inline tables: JSON but for the equals signs."""
    return f"{key} = {_inline(value)}\n"


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value)


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def hugging_face(
    home: Path, raw: bytes, config: Mapping[str, Any], where: str = "model.onnx"
) -> Path:
    """A folder as `optimum-cli` leaves it."""
    (home / where).parent.mkdir(parents=True, exist_ok=True)
    (home / where).write_bytes(raw)
    (home / "config.json").write_text(json.dumps({"model_type": "bert", **config}), "utf-8")
    tokenizer().save(str(home / "tokenizer.json"))
    (home / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "model_max_length": 512,
                "cls_token": "[CLS]",
                "sep_token": "[SEP]",
                "pad_token": "[PAD]",
                "unk_token": "[UNK]",
            }
        ),
        "utf-8",
    )
    return home
