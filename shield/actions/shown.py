"""What a person reads before they approve a call: what will happen, and where each value comes from.

The words are constants; values are quoted, shortened, and without characters that no reader sees.
"""

import unicodedata
from collections.abc import Iterable

from shield.actions.manifest import Tool
from shield.actions.place import Place, Provenance
from shield.actions.provenance import Index
from shield.policy.schema import Effect, Role
from shield.types import ToolCall

_MOST_CHARS, _MOST_ARGUMENTS = 300, 40
_DOES = {
    Effect.READ: "reads something",
    Effect.FETCH: "opens an address",
    Effect.WRITE: "changes something",
    Effect.SEND: "sends something out",
    Effect.SHARE: "gives somebody access",
    Effect.PAY: "pays or orders something",
    Effect.DELETE: "deletes something",
    Effect.EXEC: "runs code",
    Effect.ACCOUNT: "changes an account or its access",
    Effect.MEMORY: "keeps something in mind for later",
}
_SAYS = {
    Provenance.USER: "from your words",
    Provenance.LEAF: "a field of",
    Provenance.DERIVED: "follows from your words or a result",
    Provenance.TEXT: "only inside the text of",
    Provenance.NONE: "stands nowhere in the conversation",
}


def question(call: ToolCall, tool: Tool, known: Index) -> str:
    """The question about a call, one line an argument."""
    lines = [f"{plain(call.name)} {_DOES[tool.effect]}."]
    for argument in call.arguments[:_MOST_ARGUMENTS]:
        role = tool.role(argument.path)
        place = known.place(argument.value)
        where = "written by the assistant" if role is Role.CONTENT else _where(place, known)
        lines.append(f'{plain(argument.path)}: "{plain(str(argument.value))}" ({where})')
    if len(call.arguments) > _MOST_ARGUMENTS:
        lines.append(f"and {len(call.arguments) - _MOST_ARGUMENTS} further values")
    return "\n".join(lines)


def quotation(texts: Iterable[str]) -> str:
    """The question about a content: its beginning."""
    return "\n".join(f'"{plain(text)}"' for text in texts)


def plain(text: str) -> str:
    """A text on one line, shortened, with nothing in it that a reader would not see."""
    kept = "".join(" " if c.isspace() else c for c in text[: 4 * _MOST_CHARS] if _visible(c))
    short = " ".join(kept.split())
    return (
        f"{short[:_MOST_CHARS]} …"
        if len(short) > _MOST_CHARS or len(text) > 4 * _MOST_CHARS
        else short
    )


def _where(place: Place, known: Index) -> str:
    said = _SAYS[place.origin]
    if place.source < 0:
        return said
    name = plain(known.texts[place.source].name) or "a tool"
    alike = "; it resembles another name, and is not the same" if place.alike else ""
    return f"{said} {name}{alike}"


def _visible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character)[0] != "C"
