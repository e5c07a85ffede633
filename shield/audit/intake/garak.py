"""Prompts of garak: attempts of its report, and its hit log.

An attempt is written several times, once a status, and once a hit; the first is taken. A prompt is
a string (old releases), a message, or a conversation.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shield.audit.corpus import Turn
from shield.audit.intake.rows import Row, UnreadableError, conversation, said
from shield.types import Source

_HIT = frozenset({"prompt", "probe", "detector", "attempt_id"})


def wrote(record: object) -> bool:
    """True for a line of a report or of a hit log."""
    return isinstance(record, Mapping) and ("entry_type" in record or record.keys() >= _HIT)


def rows(records: Iterable[tuple[str, Any, str]]) -> Iterator[Row]:
    """A row an attempt. What is no attempt, as the run's set-up and its sums, is left out."""
    seen: set[str] = set()
    for place, record, why in records:
        if why or not wrote(record):
            yield Row(place, why=why or "not a line of garak")
            continue
        name = str(record.get("uuid") or record.get("attempt_id"))
        if record.get("entry_type", "attempt") == "attempt" and name not in seen:
            seen.add(name)
            yield _row(place, record)


def _row(place: str, record: Mapping[str, Any]) -> Row:
    probe = record.get("probe_classname") or record.get("probe")
    note = f"garak {probe}" if isinstance(probe, str) else ""
    try:
        prompt = record.get("prompt")
        return Row(place, _turns(prompt), lang=_language(prompt), note=note)
    except UnreadableError as error:
        return Row(place, why=str(error))


def _turns(prompt: object) -> tuple[Turn, ...]:
    if isinstance(prompt, Mapping) and "turns" in prompt:
        given = prompt["turns"]
        messages = [_plain(turn) for turn in given] if isinstance(given, list) else given
        return conversation(messages)
    text = prompt.get("text") if isinstance(prompt, Mapping) else prompt
    return (Turn(Source.USER, said(text)),)


def _plain(turn: object) -> object:
    """A turn with its message's text in place of the message."""
    if not isinstance(turn, Mapping):
        return turn
    content = turn.get("content")
    if not isinstance(content, Mapping):
        return turn
    if content.get("data_path"):
        raise UnreadableError("the prompt holds a file beside its text")
    return {"role": turn.get("role"), "content": content.get("text")}


def _language(prompt: object) -> str:
    """The language that the last message is marked with; `*` is none."""
    if isinstance(prompt, Mapping) and isinstance(prompt.get("turns"), list) and prompt["turns"]:
        last = prompt["turns"][-1]
        prompt = last.get("content") if isinstance(last, Mapping) else None
    lang = prompt.get("lang") if isinstance(prompt, Mapping) else None
    return lang if isinstance(lang, str) and lang != "*" else ""
