"""Reading TOML documents, with file and line in every error."""

import tomllib
from pathlib import Path
from typing import TypeVar

import regex
from pydantic import ValidationError

from shield.document import Document
from shield.errors import PolicyError

D = TypeVar("D", bound=Document)

_HEADER = regex.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?")
_KEY = regex.compile(r"\s*(\"[^\"]+\"|'[^']+'|[\w.\-]+)\s*=")
_AT_LINE = regex.compile(r"at line (\d+)")


def read(path: Path, kind: type[D]) -> D:
    """The document in `path`.

    Raises:
        PolicyError: it cannot be read, is not TOML, or does not fit the schema.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else "cannot be read"
        raise PolicyError(
            f"the file {why}", where=path, mend="name an existing TOML file"
        ) from None
    return parse(text, kind, path)


def parse(text: str, kind: type[D], where: Path) -> D:
    """The document in `text`; `where` is only for messages."""
    try:
        return kind.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        at = _AT_LINE.search(str(error))
        line = int(at[1]) if at else text.count("\n") + 1
        raise PolicyError(
            f"not TOML: {error}", where=where, line=line, mend="correct the syntax in this line"
        ) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = tuple(part for part in first["loc"] if part != "[key]")
        raise PolicyError(
            f"{'.'.join(map(str, place))}: {first['msg']}",
            where=where,
            line=line_of(text, place),
            mend=_mend(first["type"]),
        ) from None


def line_of(text: str, place: tuple[str | int, ...]) -> int | None:
    """The line of the deepest part of `place` that stands in the file."""
    wanted = [str(part) for part in place]
    best, depth = None, 0
    header: list[str] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("[") and (match := _HEADER.match(line)):
            header = _parts(match[1])
            if "[[" in line:
                seen[match[1]] = seen.get(match[1], -1) + 1
                header.append(str(seen[match[1]]))
            here = header
        elif key := _KEY.match(line):
            here = header + _parts(key[1])
        else:
            continue
        if len(here) > depth and wanted[: len(here)] == here:
            best, depth = number, len(here)
    return best


def _parts(dotted: str) -> list[str]:
    return [a or b or c for a, b, c in regex.findall(r"\"([^\"]+)\"|'([^']+)'|([\w\-]+)", dotted)]


def _mend(kind: str) -> str:
    if kind == "extra_forbidden":
        return (
            "remove this key or correct its spelling; `shield policy schema` lists the known ones"
        )
    if kind == "missing":
        return "add this key"
    return "give a value that fits; `shield policy schema` says which"
