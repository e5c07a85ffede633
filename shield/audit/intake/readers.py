"""Files of records: JSON Lines, CSV, promptfoo's tests, garak's reports and hit logs."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from shield.audit.intake import garak, promptfoo
from shield.audit.intake.rows import Row, Shape, row
from shield.errors import CorpusError

_MOST = 256 * 1024 * 1024
_CELL = 16 * 1024 * 1024


def read(path: Path, form: str, shape: Shape) -> list[Row]:
    """Every record of a file, in order. `form` is one of `FORMS`, or empty: told by the file.

    Raises:
        CorpusError: the file cannot be read, is too large, or is in no known form.
    """
    text = _text(path)
    try:
        found = FORMS[form or _form(path, text)](text, shape)
        rows = list(found)
    except CorpusError as error:
        raise CorpusError(error.what, where=path, line=error.line, mend=error.mend) from None
    if not rows:
        raise CorpusError("no record", where=path, mend=f"one of the forms {', '.join(FORMS)}")
    return rows


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST:
            raise CorpusError(
                f"larger than {_MOST} bytes", where=path, mend="import it in several files"
            )
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise CorpusError(
            f"cannot be read: {error.strerror}", where=path, mend="name an existing file"
        ) from None
    except UnicodeDecodeError as error:
        line = path.read_bytes().count(b"\n", 0, error.start) + 1
        raise CorpusError("not UTF-8", where=path, line=line, mend="convert the file") from None


def _form(path: Path, text: str) -> str:
    """The form by the end of the name, and of JSON Lines by the first record."""
    suffix = path.suffix.lower()
    known = {".csv": "csv", ".yaml": "promptfoo", ".yml": "promptfoo", ".json": "promptfoo"}
    if suffix in known:
        return known[suffix]
    if suffix not in {".jsonl", ".ndjson"}:
        raise CorpusError(f"no known form {suffix!r}", mend=f"--format with {', '.join(FORMS)}")
    first = next((line for line in text.splitlines() if line.strip()), "")
    try:
        return "garak" if garak.wrote(msgspec.json.decode(first)) else "jsonl"
    except (msgspec.DecodeError, RecursionError):
        return "jsonl"  # whose reader names the line


def _jsonl(text: str, shape: Shape) -> Iterator[Row]:
    for place, record, why in _records(text):
        yield Row(place, why=why) if why else row(place, record, shape)


def _garak(text: str, _: Shape) -> Iterator[Row]:
    return garak.rows(_records(text))


def _records(text: str) -> Iterator[tuple[str, Any, str]]:
    """The place of every line that is not blank, its value, and why it has none."""
    # Only line feeds end a line: JSON may hold other separators as they are.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield f"{number}", msgspec.json.decode(line), ""
            except msgspec.DecodeError:
                yield f"{number}", None, "not JSON"
            except RecursionError:
                yield f"{number}", None, "nested too deeply"


def _csv(text: str, shape: Shape) -> Iterator[Row]:
    before = csv.field_size_limit(_CELL)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        for record in reader:
            place = f"{reader.line_num}"
            if None in record:
                yield Row(place, why="more cells than the head has names")
            else:
                yield row(place, {k: v for k, v in record.items() if v}, shape)
    except csv.Error as error:
        raise CorpusError(f"not CSV: {error}", mend="write it as RFC 4180 says") from None
    finally:
        csv.field_size_limit(before)


FORMS: dict[str, Callable[[str, Shape], Iterator[Row]]] = {
    "jsonl": _jsonl,
    "csv": _csv,
    "promptfoo": promptfoo.rows,
    "garak": _garak,
}
