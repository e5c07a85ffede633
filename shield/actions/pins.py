"""Pins: what a model sees of a tool, fixed by digest when a person approved it.

A server that changes a description, a schema or its instructions after approval changes what the
model reads. The pin covers the canonical JSON of the whole definition; digests of its parts only say what
changed.
"""

import hashlib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from shield.actions.infer import Definition, definitions, quoted
from shield.actions.values import fold, squash
from shield.document import Document
from shield.policy import toml
from shield.types import Offer

WHOLE = "all"
_INSTRUCTIONS = "instructions"


class ServerPins(Document):
    """What one server was approved with: digests of the parts of each tool, and of its instructions."""

    instructions: str = ""
    tools: dict[str, dict[str, str]] = {}  # noqa: RUF012 — pydantic copies defaults


class Pins(Document):
    """A file of approvals, such as `tools.lock.toml`, by server."""

    servers: dict[str, ServerPins] = {}  # noqa: RUF012 — pydantic copies defaults


class Kind(StrEnum):
    """How a tool differs from what was approved."""

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"
    ALIKE = "alike"
    UNREADABLE = "unreadable"


class Change(Struct, frozen=True, order=True):
    """One difference. `parts` are the changed parts of the definition."""

    name: str
    kind: Kind
    parts: tuple[str, ...] = ()


def offer(definition: Definition) -> Offer:
    """A definition by its digests."""
    inner = definition.raw.get("function", definition.raw)
    parts = {str(key): digest(value) for key, value in inner.items() if key != "name"}
    return Offer(definition.name, {WHOLE: digest(definition.raw), **parts})


def offers(document: Any) -> tuple[Offer, ...]:
    """The tools that a chat request offers; one without a name for each that cannot be read."""
    listed = (
        document.get("tools", document.get("functions")) if isinstance(document, dict) else None
    )
    found: list[Offer] = []
    for item in listed if isinstance(listed, list) else ():
        try:
            found += [offer(definition) for definition in definitions([item])]
        except ValueError:
            found.append(Offer("", {WHOLE: digest(item)}))
    return tuple(found)


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON of a value, 64 hex digits."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


def pinned(offered: Iterable[Offer], instructions: str = "") -> ServerPins:
    """The approval of exactly these tools."""
    told = digest(instructions) if instructions else ""
    return ServerPins(instructions=told, tools={o.name: dict(o.parts) for o in offered})


def changes(
    approved: ServerPins, offered: Iterable[Offer], instructions: str = ""
) -> tuple[Change, ...]:
    """How a server's tools differ from what was approved, by name."""
    now = {o.name: o for o in offered}
    found = [_difference(approved.tools, o) for o in now.values()]
    found += [Change(name, Kind.GONE) for name in approved.tools if name not in now]
    told = digest(instructions) if instructions else ""
    if told != approved.instructions:
        found.append(Change("", Kind.CHANGED, (_INSTRUCTIONS,)))
    return tuple(sorted(c for c in found if c is not None))


def check(pins: Pins, offered: Iterable[Offer]) -> tuple[Change, ...]:
    """What in a request was not approved, whichever server it comes from."""
    known: dict[str, list[dict[str, str]]] = {}
    for server in pins.servers.values():
        for name, parts in server.tools.items():
            known.setdefault(name, []).append(parts)
    return tuple(c for o in offered if (c := _of_any(known, o)) is not None)


def _of_any(known: Mapping[str, list[dict[str, str]]], now: Offer) -> Change | None:
    """The smallest difference from any server's tool of this name."""
    found = [_difference({now.name: parts}, now) for parts in known.get(now.name, ())]
    if not found:
        return _difference({name: parts[0] for name, parts in known.items()}, now)
    return None if None in found else found[0]


def _difference(approved: Mapping[str, Mapping[str, str]], now: Offer) -> Change | None:
    if not now.name:
        return Change("", Kind.UNREADABLE)
    before = approved.get(now.name)
    if before is None:
        plain = squash(fold(now.name))
        alike = any(squash(fold(name)) == plain for name in approved)
        return Change(now.name, Kind.ALIKE if alike else Kind.NEW)
    if before.get(WHOLE) == now.parts[WHOLE]:
        return None
    parts = {
        key for key in before.keys() | now.parts.keys() if before.get(key) != now.parts.get(key)
    }
    return Change(now.name, Kind.CHANGED, tuple(sorted(parts - {WHOLE})))


def read(path: Path) -> Pins:
    """The approvals in a file; none when there is no file.

    Raises:
        PolicyError: the file is not one of approvals.
    """
    return toml.read(path, Pins) if path.is_file() else Pins()


def approved(pins: Pins, server: str, of: ServerPins) -> Pins:
    """The approvals with those of one server replaced."""
    return Pins(servers={**pins.servers, server: of})


def written(pins: Pins) -> str:
    """The file of approvals."""
    lines = ["# Written by `shield tools approve`; a tool that differs is refused."]
    for server, held in sorted(pins.servers.items()):
        lines += ["", f"[servers.{quoted(server)}]", f'instructions = "{held.instructions}"']
        for name, parts in sorted(held.tools.items()):
            lines += ["", f"[servers.{quoted(server)}.tools.{quoted(name)}]"]
            lines += [f'{quoted(key)} = "{value}"' for key, value in sorted(parts.items())]
    return "\n".join(lines) + "\n"
