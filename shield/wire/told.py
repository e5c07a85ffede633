"""What a request and its answer tell observers beside their texts: models and the system prompt."""

from collections.abc import Iterator
from typing import Any

from shield.about import Told

_LEADING = frozenset({"system", "developer"})


def asked(document: Any) -> Told:
    """Of a request of Chat Completions, Responses or Messages; empty where it says nothing."""
    if not isinstance(document, dict):
        return Told()
    return Told(system="\n".join(_system(document)), asked=_text(document.get("model")))


def answered(document: Any) -> Told:
    """Of an answer of the same, or of the first event of a streamed one."""
    if not isinstance(document, dict):
        return Told()
    inner = next((v for k in ("response", "message") if isinstance(v := document.get(k), dict)), {})
    model = _text(document.get("model")) or _text(inner.get("model"))
    return Told(answered=model, fingerprint=_text(document.get("system_fingerprint")))


def _system(document: dict[str, Any]) -> Iterator[str]:
    """The texts that lead the model, in the order of the dialects' fields."""
    for field in ("system", "instructions"):
        yield from _texts(document.get(field))
    for field in ("messages", "input"):
        turns = document.get(field)
        for turn in turns if isinstance(turns, list) else ():
            role = turn.get("role") if isinstance(turn, dict) else None
            if isinstance(role, str) and role in _LEADING:
                yield from _texts(turn.get("content"))


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in content:
            text = part.get("text") if isinstance(part, dict) else None
            if isinstance(text, str):
                yield text


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
