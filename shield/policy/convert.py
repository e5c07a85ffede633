"""LLM Guard's `scanners.yml` → a Shield policy; whatever is different or left out is told.

    shield policy convert scanners.yml -o policies/mine.toml

The file is data: environment variables in it are not read, their stated defaults stand.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from shield.errors import PolicyError
from shield.policy import toml
from shield.policy.llm_guard import Part, Side, part
from shield.policy.load import default_path
from shield.policy.schema import PolicyDocument
from shield.types import Decision, strictest

_MOST = 1_048_576
_ENV = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::([^}]*))?\}")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SIDES: tuple[Side, ...] = ("input", "output")
_TIMEOUTS = ("scan_prompt_timeout", "scan_output_timeout")
_SIDECAR = "belongs to the sidecar's configuration, not to a policy"


class Kind(StrEnum):
    """What became of a part of the file."""

    MAPPED = "mapped"
    CHANGED = "changed"
    DROPPED = "left out"


class Note(Struct, frozen=True):
    """What became of one part of the file, and where it stands there."""

    kind: Kind
    where: str
    what: str

    def __str__(self) -> str:
        """One line."""
        return " ".join(f"{self.kind}: {self.where}: {self.what}".split())


class Converted(Struct, frozen=True):
    """The policy as TOML, and a note for everything in the file."""

    text: str
    notes: tuple[Note, ...]

    @property
    def complete(self) -> bool:
        """True when nothing was left out."""
        return all(note.kind is not Kind.DROPPED for note in self.notes)


def convert(source: Path, folder: Path) -> Converted:
    """The policy for a `scanners.yml`; `folder` is where it will lie.

    Raises:
        PolicyError: the file cannot be read, or is no configuration of LLM Guard.
    """
    return _Maker(*_read(source)).made(folder)


class _Maker:
    """The policy and its notes, put together from one file."""

    def __init__(self, given: Mapping[str, Any], variables: Iterable[str]) -> None:
        self._given = given
        what = "the environment is not read, the stated default stands"
        self._notes = [Note(Kind.CHANGED, f"${{{name}}}", what) for name in variables]
        self._scanners: dict[str, dict[str, Any]] = {}
        self._shipped = toml.read(default_path(), PolicyDocument)

    def made(self, folder: Path) -> Converted:
        limits = self._app()
        for side in _SIDES:
            self._side(side)
        for key in self._given.keys() - {"app", "input_scanners", "output_scanners"}:
            self._note(Kind.DROPPED, str(key), _SIDECAR)
        if not self._scanners:
            what = "none of its scanners has a counterpart"
            raise PolicyError(what, mend="name a scanners.yml with input_scanners")
        home = Path(os.path.relpath(default_path().parent.resolve(), folder.resolve()))
        document = {
            "name": "converted",
            "version": "1",
            "rules": [(home / rules).as_posix() for rules in self._shipped.rules],
            "models": (home / self._shipped.models).as_posix(),
            "on_incomplete": _plain(self._shipped)["on_incomplete"],
            **({"limits": limits} if limits else {}),
            "checkpoints": _plain(self._shipped)["checkpoints"],
            "scanners": self._scanners,
        }
        head = "".join(f"# {_printable(str(note))}\n" for note in self._notes)
        text = f"# Converted from a scanners.yml of LLM Guard.\n{head}{_table(document)}"
        toml.parse(text, PolicyDocument, folder)
        return Converted(text, tuple(self._notes))

    def _app(self) -> dict[str, int]:
        app = self._given.get("app")
        given: Mapping[str, Any] = app if isinstance(app, dict) else {}
        seconds = [s for key in _TIMEOUTS if isinstance(s := given.get(key), int | float) and s > 0]
        for key in given:
            if key not in _TIMEOUTS:
                self._note(Kind.DROPPED, f"app.{key}", _SIDECAR)
            elif given[key] in seconds:
                self._note(Kind.CHANGED, f"app.{key}", "the shorter one is `limits.deadline_ms`")
            else:
                self._note(Kind.DROPPED, f"app.{key}", "it is no number of seconds")
        return {"deadline_ms": max(1, int(min(seconds) * 1000))} if seconds else {}

    def _side(self, side: Side) -> None:
        listed = self._given.get(f"{side}_scanners") or []
        if not isinstance(listed, list):
            raise PolicyError(f"{side}_scanners is no list", mend="name a scanners.yml")
        for number, item in enumerate(listed, 1):
            kind = item.get("type") if isinstance(item, dict) else None
            where = f"{side}_scanners[{number - 1}] {kind if isinstance(kind, str) else ''}".strip()
            if not isinstance(item, dict) or not isinstance(kind, str):
                self._note(Kind.DROPPED, where, "it has no type")
                continue
            for key in item.keys() - {"type", "params"}:
                self._note(Kind.DROPPED, where, f"key {key}")
            params = item.get("params")
            found = part(kind, params if isinstance(params, dict) else {}, side, number)
            self._take(found, side, where)

    def _take(self, found: Part, side: Side, where: str) -> None:
        shipped = _plain(self._shipped)["scanners"]
        entries = {name: dict(shipped[name]) for name in found.shipped}
        for name, entry in found.entries.items():
            entries[name] = {**entries.get(name, {}), **entry}
        for name, entry in entries.items():
            sides = self._scanners.get(name, {}).get("checkpoints", [])
            entry["checkpoints"] = [*sides, *([side] if side not in sides else [])]
            self._scanners[name] = self._merged(self._scanners.get(name, {}), entry, where)
        if entries:
            self._note(Kind.MAPPED, where, ", ".join(sorted(entries)))
        for what in found.changed:
            self._note(Kind.CHANGED, where, what)
        for what in found.dropped:
            self._note(Kind.DROPPED, where, what)

    def _merged(self, old: Mapping[str, Any], new: Mapping[str, Any], where: str) -> dict[str, Any]:
        """One entry for both sides: what the first says stands, lists that forbid grow."""
        made = dict(old)
        for key, value in new.items():
            before = old.get(key, value)
            if isinstance(before, dict) and isinstance(value, dict):
                made[key] = self._merged(before, value, where)
            elif isinstance(before, list) and isinstance(value, list) and key != "allow":
                made[key] = [*before, *(one for one in value if one not in before)]
                if made[key] != before and key != "checkpoints":
                    self._note(Kind.CHANGED, where, f"{key}: both sides share one list")
            elif key == "decision":
                made[key] = strictest(Decision(before), Decision(value)).value
            else:
                made[key] = before
                if before != value:
                    what = f"{key} = {json.dumps(value)}: both sides share the first one's"
                    self._note(Kind.DROPPED, where, what)
        return made

    def _note(self, kind: Kind, where: str, what: str) -> None:
        self._notes.append(Note(kind, where, what))


def _read(source: Path) -> tuple[Mapping[str, Any], list[str]]:
    """The file, and the environment variables that it names."""
    mend = "name a scanners.yml of LLM Guard"
    try:
        raw = source.read_bytes()
        if len(raw) > _MOST:
            raise PolicyError("the file is too large", where=source, mend=mend)
        text = raw.decode("utf-8")
        given = yaml.safe_load(text)
    except OSError:
        raise PolicyError("the file cannot be read", where=source, mend=mend) from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        raise PolicyError("not YAML", where=source, line=line, mend=mend) from None
    if not isinstance(given, dict) or not {"input_scanners", "output_scanners"} & given.keys():
        raise PolicyError("it has neither input_scanners nor output_scanners", mend=mend)
    resolved = _resolved(given)
    names = sorted({found[1] for found in _ENV.finditer(text)})
    return (resolved if isinstance(resolved, dict) else {}), names


def _resolved(given: Any, depth: int = 0) -> Any:
    """The value with the defaults of environment variables in place of their names."""
    if depth > 32:
        raise PolicyError("the file is nested too deeply", mend="name a scanners.yml of LLM Guard")
    if isinstance(given, dict):
        return {key: _resolved(value, depth + 1) for key, value in given.items()}
    if isinstance(given, list):
        return [_resolved(value, depth + 1) for value in given]
    if isinstance(given, str) and (found := _ENV.fullmatch(given)):
        return yaml.safe_load(found[2]) if found[2] else None
    return _ENV.sub(lambda m: m[2] or "", given) if isinstance(given, str) else given


def _plain(document: PolicyDocument) -> dict[str, Any]:
    made: dict[str, Any] = document.model_dump(mode="json", exclude_unset=True)
    return made


def _table(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> str:
    return "".join(_lines(table, path))


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    inner = {key: value for key, value in table.items() if isinstance(value, dict)}
    if path and (len(inner) < len(table) or not table):
        yield f"\n[{'.'.join(map(_key, path))}]\n"
    for key, value in table.items():
        if key not in inner:
            yield f"{_key(key)} = {_value(value)}\n"
    for key, value in inner.items():
        yield _table(value, (*path, key))


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _value(key)


def _value(value: Any) -> str:
    """JSON is TOML for strings, numbers, truth values and lists of these, but for one control."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
