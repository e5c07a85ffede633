"""A case as a line of a corpus file."""

import json

import msgspec

from shield.audit.corpus import Line


def as_line(line: Line) -> str:
    """One line of JSON; what a reader could not see is escaped."""
    shown = msgspec.to_builtins(line)
    if not line.note:
        del shown["note"]
    shown["turns"] = [
        {name: value for name, value in turn.items() if value not in (None, "") or name == "text"}
        for turn in shown["turns"]
    ]
    for turn in shown["turns"]:
        if turn.get("text", "") is None:
            del turn["text"]
    text = json.dumps(shown, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in text)
