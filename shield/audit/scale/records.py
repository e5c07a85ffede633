"""A row of a table or a line of a file as a case."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from shield.audit.corpus import Case, Kind, Line, Turn
from shield.audit.intake.rows import Row, Shape, UnreadableError, row
from shield.types import Decision, Source

_SPLITS = ("tune", "hold")


def case_of(record: Mapping[str, Any], *, labelled: bool) -> Case:
    """The case that a record holds: `text`, `messages` or `turns` (a list, or its JSON), and what says
    what it is: `id`, `kind`, `group`, and, where it differs, `lang`, `split`, `batch`, `expect`.

    Args:
        record: what stands in one row.
        labelled: whether id, kind and group must be there; else it counts as benign.

    Raises:
        UnreadableError: it is no case. The message is a constant.
    """
    names = ("id", "kind", "group")
    if labelled and not all(isinstance(record.get(n), str) and record[n] for n in names):
        raise UnreadableError(f"not all of {', '.join(names)} are there")
    kind = _kind(str(record.get("kind") or Kind.BENIGN))
    split = str(record.get("split") or "hold")
    if split not in _SPLITS:
        raise UnreadableError(f"split is none of {', '.join(_SPLITS)}")
    source = str(record.get("source") or Source.USER)
    if source not in set(Source):
        raise UnreadableError(f"source is none of {', '.join(Source)}")
    said = _said(_decoded(record), Source(source))
    if said.why:
        raise UnreadableError(said.why)
    if not said.turns:
        raise UnreadableError("no turns")
    return Case(kind, str(record.get("group") or "unlabelled"), _line(record, kind, split, said))


def _said(record: dict[str, Any], source: Source) -> Row:
    """What was said; turns are taken as a corpus has them, blank ones too."""
    if "turns" not in record:
        return row("", record, Shape(source=source))
    words = {name: value for name, value in record.items() if name != "turns"}
    stated = row("", {**words, "text": "."}, Shape())
    try:
        return replace(stated, turns=msgspec.convert(record["turns"], tuple[Turn, ...]))
    except (msgspec.ValidationError, RecursionError):
        raise UnreadableError("the turns are none of a case") from None


def _line(record: Mapping[str, Any], kind: Kind, split: str, said: Row) -> Line:
    usual = Decision.BLOCK if kind is Kind.ATTACK else Decision.ALLOW
    return Line(
        id=str(record.get("id") or ""),
        lang=said.lang or "und",
        split="tune" if split == "tune" else "hold",
        batch=str(record.get("batch") or ""),
        expect=said.expect or usual,
        turns=said.turns,
    )


def _kind(name: str) -> Kind:
    if name not in set(Kind):
        raise UnreadableError(f"kind is none of {', '.join(Kind)}")
    return Kind(name)


def _decoded(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with turns and messages as lists; what a table leaves empty is not there."""
    found = {name: value for name, value in record.items() if value is not None}
    for name in ("turns", "messages"):
        value: Any = found.get(name)
        if hasattr(value, "tolist"):
            found[name] = value.tolist()  # how tables of arrays hold a list
        if isinstance(value, str):
            try:
                found[name] = msgspec.json.decode(value)
            except (msgspec.DecodeError, RecursionError):
                raise UnreadableError(f"{name} are no JSON") from None
    return found
