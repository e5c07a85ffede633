"""An audit over Ray: a corpus folder, or Parquet and JSON Lines files of any size.

Cases stay on the workers; results come back one by one, some hundred bytes each.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from shield.audit import run as runs
from shield.audit.baseline import Baseline, baseline
from shield.audit.corpus import Case, Corpus, load
from shield.audit.intake.rows import UnreadableError
from shield.audit.replay import Result
from shield.audit.report import Report
from shield.audit.run import Asked
from shield.audit.scale.batch import BatchScorer
from shield.audit.scale.records import case_of
from shield.errors import CorpusError
from shield.policy.load import Policy

_BATCH = 64
# Workers hold their share as long as the audit runs: without room beside them nothing would be read.
_WORKER, _READER = 0.9, 0.1
_FILES = (".parquet", ".jsonl")


class _Scored(NamedTuple):
    results: list[Result]
    digest: str


def audit(
    policy: Policy, source: Path, asked: Asked, *, tick: Callable[[], None] = lambda: None
) -> Report:
    """Audit over Ray what `source` holds: a corpus folder, a file, or a folder of such files.

    The report of a corpus folder is the one that an audit in this process makes.

    Raises:
        SetupError: a row is no case, an id stands twice, nothing is there, the baseline is another
            corpus's, or the policy is unusable. Nothing is scored silently.
    """
    corpus = load(source) if is_corpus(source) else Corpus(source, (), {}, "")
    known = policy.with_tools(corpus.tools)
    scorer = BatchScorer(known, labelled=True)
    is_known = bool(corpus.cases)
    before = Baseline()
    if is_known and asked.against:
        before = baseline(asked.against, corpus, asked.split)
    rows = _of_cases(corpus.split(asked.split)) if is_known else _of_files(source)
    found = _scored(scorer, rows, asked, tick, source)
    if not is_known:
        corpus = Corpus(source, (), {}, found.digest)
        if asked.against:
            before = baseline(asked.against, corpus, asked.split)
    made = runs.summed(policy, scorer.models, corpus, asked, found.results, before)
    everything = Asked(split="all", workers=asked.workers)

    def replayed(cases: Sequence[Case]) -> list[Result]:
        return _scored(scorer, _of_cases(cases), everything, lambda: None, source).results

    return runs.with_golden(made, asked.golden, replayed)


def is_corpus(source: Path) -> bool:
    """True for a folder as `shield corpus` keeps it."""
    return source.is_dir() and not _files(source)


def _of_cases(cases: Sequence[Case]) -> Any:
    import ray

    return ray.data.from_items([{"line": _record(case)} for case in cases])


def _record(case: Case) -> str:
    line = msgspec.to_builtins(case.line)
    return msgspec.json.encode({**line, "kind": case.kind, "group": case.group}).decode()


def _of_files(source: Path) -> Any:
    """The rows of Parquet files as they are, those of JSON Lines as their lines."""
    import ray

    files = _files(source) if source.is_dir() else [source]
    kinds = {file.suffix for file in files}
    if len(kinds) != 1 or not kinds <= set(_FILES) or not all(f.is_file() for f in files):
        raise CorpusError(
            "neither a corpus folder nor files of one kind",
            where=source,
            mend=f"give a corpus folder, or files that end in {' or '.join(_FILES)}",
        )
    paths = [str(file.absolute()) for file in files]
    if kinds == {".jsonl"}:
        return ray.data.read_text(paths, include_paths=True, num_cpus=_READER)
    return ray.data.read_parquet(paths, include_paths=True, num_cpus=_READER)


def _files(folder: Path) -> list[Path]:
    return sorted(f for f in folder.iterdir() if f.suffix in _FILES and f.is_file())


def _scored(
    scorer: BatchScorer, rows: Any, asked: Asked, tick: Callable[[], None], source: Path
) -> _Scored:
    """The results of all rows of the split."""
    import ray

    done = rows.map_batches(
        _Worker,
        fn_constructor_args=(scorer, asked.split),
        batch_size=_BATCH,
        compute=ray.data.ActorPoolStrategy(size=asked.workers),
        num_cpus=_WORKER,
    )
    results: dict[str, Result] = {}
    digests: list[str] = []
    for row in done.iter_rows():
        if row["error"]:
            raise _named(row, source)
        result = msgspec.json.decode(str(row["result"]), type=Result)
        if result.id in results:
            raise CorpusError(
                f"the id {result.id} stands twice",
                where=row.get("path") or source,
                mend="give each case an id of its own",
            )
        results[result.id] = result
        digests.append(str(row["digest"]))
        tick()
    if not results:
        raise CorpusError(
            f"no case in split {asked.split}", where=source, mend="name another file or split"
        )
    # The order in which workers come back must not change the name of the corpus.
    digest = hashlib.sha256("".join(sorted(digests)).encode()).hexdigest()[:16]
    return _Scored([results[name] for name in sorted(results)], digest)


class _Worker:
    """One process of the cluster: reads the rows of a split and scores them."""

    def __init__(self, scorer: BatchScorer, split: str) -> None:
        self._scorer, self._split = scorer, split

    def __call__(self, batch: Any) -> Any:
        import numpy as np

        kept = _of_split(batch, self._split)
        return {name: np.asarray(column) for name, column in self._scorer(kept).items()}


def _of_split(batch: Any, split: str) -> dict[str, list[Any]]:
    """The columns without the rows of other splits; what cannot be read stays, to be named."""
    columns = {name: list(values) for name, values in batch.items()}
    if set(columns) == {"text", "path"}:
        columns["line"] = columns.pop("text")  # of a text file: renaming there is a task of its own
    if split == "all":
        return columns
    count = len(next(iter(columns.values()), ()))
    kept = [n for n in range(count) if _split_of(columns, n) in {split, ""}]
    return {name: [values[n] for n in kept] for name, values in columns.items()}


def _split_of(columns: dict[str, list[Any]], number: int) -> str:
    if "line" not in columns:
        return str(columns["split"][number] or "hold") if "split" in columns else "hold"
    try:
        found = msgspec.json.decode(str(columns["line"][number]))
    except (msgspec.DecodeError, RecursionError):
        return ""
    return str(found.get("split") or "hold") if isinstance(found, dict) else ""


def _named(row: Any, source: Path) -> CorpusError:
    """The error of a row, with its line where the file has lines."""
    path = Path(row.get("path") or source)
    has_lines = path.suffix == ".jsonl" and path.is_file()
    line = next(_bad_lines(path), None) if has_lines else None
    return CorpusError(
        f"not a case: {row['error']}", where=path, line=line, mend="correct it, or take it out"
    )


def _bad_lines(path: Path) -> Iterator[int]:
    """The lines that are no case."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                if raw.strip():
                    case_of(msgspec.json.decode(raw), labelled=True)
            except (UnreadableError, msgspec.DecodeError, RecursionError, AttributeError):
                yield number
