"""Bring your own: a Hugging Face folder with an ONNX file, as a graph like the shipped ones.

Read are `config.json`, the tokenizer's files and one ONNX file; no code of the folder runs,
nothing is downloaded, and weights that lie outside the ONNX file are not loaded.
"""

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import msgspec
from msgspec import Struct

from shield.errors import ModelError
from shield.inference.card import Activation, Card, FileCard, SurfaceCard, Task
from shield.inference.graph import Graph
from shield.inference.readers import TokenReader
from shield.inference.session import Answer, Ids, Output, Session
from shield.inference.tokens import Tokens

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SURFACE = "text"
_FILES = ("model.onnx", "onnx/model.onnx")
_MEND = "export it with optimum-cli, for text-classification or token-classification"
_OUTSIDE = "O"
_POSITION = re.compile(r"^[BIESLU][-_]")


class Brought(Struct, frozen=True):
    """A folder, the SHA-256 of its ONNX file, and how its texts are cut.

    `task` is read from the configuration when it is empty.
    """

    folder: Path
    sha256: str
    task: str = ""
    size: int = 256
    overlap: int = 32


class Configuration(Struct, frozen=True):
    """What is needed of `config.json`."""

    id2label: dict[str, str] = {}
    architectures: tuple[str, ...] = ()
    problem_type: str | None = None


def opened(name: str, brought: Brought, threads: int = 1, lanes: int = 1) -> Graph:
    """The graph of a folder, verified, tried on a full window.

    A class of tokens goes by its entity, whether a token begins or continues one.

    Raises:
        ModelError: a file is missing, altered or unusable, or the task is another one.
    """
    folder = brought.folder
    path = next((folder / f for f in _FILES if (folder / f).is_file()), None)
    if path is None:
        raise ModelError(f"no {' and no '.join(_FILES)}", where=folder, mend=_MEND)
    raw = path.read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    if digest != brought.sha256.lower():
        raise ModelError(
            f"the file's sha256 is {digest}, the policy says {brought.sha256}",
            where=path,
            mend="fetch the file again; state the new sha256 when you changed it yourself",
        )
    config = _configuration(folder)
    labels = _labels(config, folder)
    source = _tokenizer(folder)
    card = _card(name, brought, config, labels, {"model.onnx": raw, "tokenizer.json": source})
    tokens = Tokens.of(source, folder)
    reader = TokenReader(tokens, card.surfaces, folder)
    if card.marks:
        outputs = {"marks": Output("logits", len(labels), by_token=True)}
        session: Session = _Folded(
            raw, outputs, _groups(labels), where=path, threads=threads, name=name
        )
    else:
        outputs = {"logits": Output("logits", len(labels))}
        session = Session(raw, outputs, where=path, threads=threads, name=name)
    return Graph(card, reader, session, where=folder, lanes=lanes)


class _Folded(Session):
    """A session whose token classes are put together by entity, so that softmax adds them up."""

    def __init__(
        self,
        graph: bytes,
        outputs: dict[str, Output],
        groups: list[list[int]],
        *,
        where: Path,
        threads: int,
        name: str,
    ) -> None:
        super().__init__(graph, outputs, where=where, threads=threads, name=name)
        self._groups = groups

    def run(self, rows: "list[Ids] | tuple[Ids, ...]") -> list[Answer]:  # type: ignore[override]
        """See `Session.run`."""
        import numpy as np

        return [
            {
                "marks": np.stack(
                    [_logsumexp(answer["marks"][:, group]) for group in self._groups], axis=1
                )
            }
            for answer in super().run(rows)
        ]


def _logsumexp(rows: "NDArray[np.float32]") -> "NDArray[np.float32]":
    import numpy as np

    top = rows.max(axis=1)
    found: NDArray[np.float32] = top + np.log(np.exp(rows - top[:, None]).sum(axis=1))
    return found


def _configuration(folder: Path) -> Configuration:
    path = folder / "config.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Configuration)
    except OSError:
        raise ModelError("there is no config.json", where=folder, mend=_MEND) from None
    except msgspec.DecodeError as error:
        raise ModelError(f"the configuration is invalid: {error}", where=path, mend=_MEND) from None


def _labels(config: Configuration, folder: Path) -> tuple[str, ...]:
    numbers = [str(n) for n in range(len(config.id2label))]
    if not numbers or set(numbers) != config.id2label.keys():
        raise ModelError(
            "id2label does not name the labels 0 to n", where=folder / "config.json", mend=_MEND
        )
    return tuple(config.id2label[n] for n in numbers)


def _task(brought: Brought, config: Configuration) -> Task:
    heads: dict[str, Task] = {
        "ForSequenceClassification": "sequence-classification",
        "ForTokenClassification": "token-classification",
    }
    for task in get_args(Task):
        if brought.task == task and task in heads.values():
            found: Task = task
            return found
    for architecture in () if brought.task else config.architectures:
        for ending, task in heads.items():
            if architecture.endswith(ending):
                return task
    raise ModelError(
        f"its task {brought.task or 'is not in config.json and'} cannot be served",
        where=brought.folder,
        mend=f"state task = {' or '.join(repr(t) for t in heads.values())}",
    )


def _card(
    name: str,
    brought: Brought,
    config: Configuration,
    labels: tuple[str, ...],
    files: dict[str, bytes],
) -> Card:
    task = _task(brought, config)
    several = config.problem_type == "multi_label_classification" or len(labels) == 1
    activation: Activation = "sigmoid" if several else "softmax"
    marks: tuple[str, ...] = ()
    if task == "token-classification":
        if _OUTSIDE not in labels:
            raise ModelError(
                "no class O: which tokens are no entity?",
                where=brought.folder / "config.json",
                mend="name the outside class O in id2label",
            )
        labels, marks, activation = (), (_OUTSIDE, *_entities(labels)), "softmax"
    try:
        return Card(
            name=name,
            task=task,
            labels=labels,
            marks=marks,
            activation=activation,
            licence="the user's own",
            surfaces={SURFACE: SurfaceCard("", 1.0, brought.size, brought.overlap)},
            files={n: FileCard(hashlib.sha256(raw).hexdigest()) for n, raw in files.items()},
            canary=(),
        )
    except ValueError as error:
        raise ModelError(str(error), where=brought.folder, mend="correct the entry") from None


def _entities(labels: tuple[str, ...]) -> tuple[str, ...]:
    """The entities behind classes such as B-PER and I-PER, in their first order."""
    return tuple(dict.fromkeys(_entity(label) for label in labels if label != _OUTSIDE))


def _entity(label: str) -> str:
    return _POSITION.sub("", label) or label


def _groups(labels: tuple[str, ...]) -> list[list[int]]:
    """For the outside class and each entity, the classes of the graph that mean it."""
    names = (_OUTSIDE, *_entities(labels))
    meant = [label if label == _OUTSIDE else _entity(label) for label in labels]
    return [[i for i, one in enumerate(meant) if one == name] for name in names]


def _tokenizer(folder: Path) -> bytes:
    """The tokenizer as `tokenizer.json`, from whatever files transformers makes it of."""
    from transformers import AutoTokenizer

    try:
        made: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        source: str = made.backend_tokenizer.to_str()
    except Exception as error:  # noqa: BLE001 — transformers raises whatever a broken folder leads to
        raise ModelError(
            f"transformers makes no fast tokenizer of it: {type(error).__name__}",
            where=folder,
            mend="save the tokenizer with its tokenizer.json beside the model",
        ) from None
    return source.encode("utf-8", "replace")
