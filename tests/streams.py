"""Streams for tests: bytes of chunks, pieces of texts, and a guard that looks for secrets alone."""

import json
from pathlib import Path

from shield.policy.load import load
from shield.policy.schema import RuleEntry
from shield.types import Decision

# Shaped like a GitHub token, made up here.
SECRET = "gh" + "p_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 7, "model": "m-1"}
DONE = b"data: [DONE]\n\n"


def secret_policy(**changes):
    """The default policy with the scanner of secrets only; its lock is of no matter here. The deadline is
    one that a busy machine meets.
    """
    policy = load(Path(__file__).parent.parent / "policies" / "default.toml", locked=False)
    document = policy.document
    entry = document.scanners["secrets"]
    entry = entry.model_copy(update={"rules": {"secrets/evil": RuleEntry(decision=Decision.BLOCK)}})
    limits = document.limits.model_copy(update={"deadline_ms": 60_000})
    kept = {"scanners": {"secrets": entry}, "limits": limits, **changes}
    return policy.with_document(document.model_copy(update=kept))


def chunk(delta=None, index=0, finish=None, **more):
    choice = {"index": index, "delta": delta or {}, "finish_reason": finish}
    return event({**HEAD, "choices": [choice], **more})


def event(document):
    return f"data: {json.dumps(document)}\n\n".encode()


def said(text, size=4, index=0):
    """The chunks of one choice that says `text`."""
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    first = chunk({"role": "assistant", "content": ""}, index)
    return [first, *(chunk({"content": p}, index) for p in pieces), chunk({}, index, "stop")]


def documents(raw):
    """The JSON of each event of a stream; `[DONE]` as a string."""
    found = []
    for block in raw.decode().split("\n\n"):
        if block.startswith("data: "):
            data = block.removeprefix("data: ")
            found.append(data if data == "[DONE]" else json.loads(data))
    return found


def content(raw, index=0, field="content"):
    """What the client reads of one choice."""
    return "".join(
        choice["delta"].get(field) or ""
        for document in documents(raw)
        if isinstance(document, dict)
        for choice in document.get("choices", [])
        if choice["index"] == index
    )


def reasons(raw):
    """The finish reasons, by choice."""
    return {
        choice["index"]: choice["finish_reason"]
        for document in documents(raw)
        if isinstance(document, dict)
        for choice in document.get("choices", [])
        if choice["finish_reason"]
    }


def sliced(data, size):
    return [data[i : i + size] for i in range(0, len(data), size)]
