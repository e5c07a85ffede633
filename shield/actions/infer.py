"""What the definition of a tool suggests about it: a draft for a person to edit.

A definition is what a server says about itself, so it is read one way only: a name, a description
or an annotation may make a tool graver, never more harmless.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from shield.actions.fields import parts, role
from shield.policy.schema import Effect, Role

_VERBS: dict[Effect, str] = {
    Effect.EXEC: "run exec execute eval shell bash terminal command script python code sql invoke spawn deploy install",
    Effect.PAY: """
        pay payment transfer purchase buy checkout refund order book reserve charge wire donate subscribe money
        transaction topup
    """,
    Effect.ACCOUNT: """
        password passwd login logout authenticate auth credential token permission role ssh mfa otp user account
        profile settings config verify lock unlock enable disable
    """,
    Effect.DELETE: "delete remove drop cancel clear purge erase trash destroy revoke archive wipe unshare",
    Effect.SHARE: "share invite grant publish add collaborator member participant permission transfer ownership",
    Effect.SEND: """
        send reply forward post mail email message notify tweet dm sms call broadcast comment submit webhook input
    """,
    Effect.MEMORY: "remember memory memorize memo learn preference forget",
    Effect.WRITE: """
        create update write edit set put insert append upload move rename copy save schedule make modify patch
        add push commit merge fork star label assign mark draft reschedule download import clone
    """,
    Effect.FETCH: "fetch browse visit download crawl scrape http url web webpage website request open navigate",
    Effect.READ: "get read list search find view show lookup query describe count check retrieve fetch load summarize",
}
_SAYS = {effect: frozenset(words.split()) for effect, words in _VERBS.items()}
_READING = _SAYS[Effect.READ] - {"fetch", "query", "open"}
# Verbs that decide when they lead: the nouns after them are only what they are about.
_LEADING: dict[str, Effect] = {
    verb: effect
    for effect in (
        Effect.WRITE,
        Effect.MEMORY,
        Effect.SEND,
        Effect.SHARE,
        Effect.DELETE,
        Effect.PAY,
        Effect.EXEC,
    )
    for verb in _SAYS[effect]
    if verb not in {"add", "download", "put", "set", "update", "transfer", "order", "code", "money"}
}
_WEB = frozenset({"web", "webpage", "website", "url", "http", "page", "internet"})
_DOCUMENTS = frozenset(
    {"file", "files", "document", "documents", "doc", "page", "webpage", "website", "web", "url", "attachment", "pdf", "content"}
)  # fmt: skip
_GRAVEST = (
    Effect.EXEC,
    Effect.PAY,
    Effect.ACCOUNT,
    Effect.DELETE,
    Effect.SHARE,
    Effect.SEND,
    Effect.MEMORY,
    Effect.WRITE,
    Effect.FETCH,
    Effect.READ,
)
_RANK = {effect: rank for rank, effect in enumerate(reversed(_GRAVEST))}
_SIGNS_IN = frozenset({"login", "signin", "authenticate", "auth", "unlock"})
_GRAVE_SIGNING = frozenset(
    {Role.SECRET, Role.RECIPIENT, Role.ACCOUNT}
)  # who one is, not who gets something
_FORMATS = {"email": Role.RECIPIENT, "uri": Role.URL, "date": Role.DATE, "date-time": Role.DATE}


class Definition(Struct, frozen=True):
    """A tool as its server describes it. `raw` is all that the model would see of it."""

    name: str
    description: str
    schema: dict[str, Any]
    annotations: dict[str, Any]
    raw: dict[str, Any]

    @property
    def arguments(self) -> dict[str, dict[str, Any]]:
        """The schema of each top-level argument."""
        named = self.schema.get("properties")
        found = named if isinstance(named, dict) else {}
        return {str(k): v if isinstance(v, dict) else {} for k, v in found.items()}


class Draft(Struct, frozen=True):
    """A suggested manifest, and why it is what it is."""

    name: str
    effect: Effect
    roles: dict[str, Role]
    third_party: bool
    why: str


def definitions(document: Any) -> tuple[Definition, ...]:
    """Tool definitions in the forms of OpenAI, Anthropic and MCP (`tools/list`), one or many.

    Raises:
        ValueError: something in a list of tools is not a definition.
    """
    if isinstance(document, dict):
        for key in ("result", "tools"):
            if key in document and not _named(document):
                return definitions(document[key])
        document = [document]
    if not isinstance(document, list):
        raise ValueError("neither a list of tools nor a definition")  # noqa: TRY004 — of a document
    return tuple(_definition(number, item) for number, item in enumerate(document))


def _named(item: Mapping[str, Any]) -> bool:
    return isinstance(item.get("name"), str) or isinstance(item.get("function"), dict)


def _definition(number: int, item: Any) -> Definition:
    inner = item.get("function", item) if isinstance(item, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str) or not inner["name"]:
        raise ValueError(f"tool {number}: a definition has a name")
    forms = ("parameters", "input_schema", "inputSchema")
    schema: Any = next((inner[k] for k in forms if k in inner), {})
    if not isinstance(schema, dict):
        raise ValueError(f"tool {number}: its schema is no object")  # noqa: TRY004 — of a document
    notes = inner.get("annotations")
    return Definition(
        name=inner["name"],
        description=str(inner.get("description") or ""),
        schema=schema,
        annotations=notes if isinstance(notes, dict) else {},
        raw=item,
    )


def effect_of(
    name: str, description: str = "", annotations: Mapping[str, Any] | None = None
) -> Effect:
    """The gravest effect that a name allows, and that description and annotations do not deny."""
    named = parts(name)
    found = _by_name(named)
    first = (
        description.strip().split(maxsplit=1)[0].lower().rstrip("s.,:")
        if description.strip()
        else ""
    )
    said = _LEADING.get(first)
    if said and found in {Effect.READ, Effect.FETCH}:
        found = said
    notes = annotations or {}
    if notes.get("destructiveHint") is True:
        found = max(found, Effect.DELETE, key=_RANK.__getitem__)
    if notes.get("readOnlyHint") is False:
        found = max(found, Effect.WRITE, key=_RANK.__getitem__)
    if notes.get("openWorldHint") is True:
        found = max(found, Effect.FETCH, key=_RANK.__getitem__)
    return found


def _by_name(named: list[str]) -> Effect:
    """Most names begin with a verb; of the rest, the gravest word counts, and EXEC when none says anything."""
    bare = [part for part in named if part]
    said = [e for e in _GRAVEST if _SAYS[e] & set(bare)]
    verb = next((part for part in bare if part in _READING or part in _LEADING), "")
    if verb in _READING and not said[:-1] and Effect.READ in said:
        return Effect.READ
    if verb in _READING:
        return Effect.FETCH if _WEB & set(bare) else Effect.READ
    if verb in _LEADING and verb not in _SAYS[Effect.WRITE]:
        return max((_LEADING[verb], *_nouns(bare)), key=_RANK.__getitem__)
    return said[0] if said else Effect.EXEC


def _nouns(named: list[str]) -> list[Effect]:
    about = set(named)
    found = []
    if about & {"money", "payment", "transfer", "refund", "transaction"}:
        found.append(Effect.PAY)
    if about & {"password", "permission", "credential", "token"}:
        found.append(Effect.ACCOUNT)
    return found


def reads_out(name: str) -> bool:
    """True for a tool that hands out what somebody wrote as a whole: a file, a page."""
    return bool(_DOCUMENTS & set(parts(name)))


def draft(definition: Definition) -> Draft:
    """The manifest that a definition suggests."""
    effect = effect_of(definition.name, definition.description, definition.annotations)
    roles: dict[str, Role] = {
        name: found
        for name, schema in definition.arguments.items()
        # Said though it is free, where the name alone would be read as graver.
        if (found := _role(name, schema, effect, definition.name)) is not Role.FREE
        or role(name) is not Role.FREE
    }
    if effect is Effect.READ:
        roles = {}
    return Draft(
        name=definition.name,
        effect=effect,
        roles=roles,
        third_party=effect is Effect.FETCH or reads_out(definition.name),
        why=_first(definition.description),
    )


def _role(name: str, schema: Mapping[str, Any], effect: Effect, of: str) -> Role:
    """Flags, choices and counters can say too little to matter; who logs in shows a password, sets none."""
    if schema.get("type") == "boolean" or "enum" in schema:
        return Role.FREE
    if found := _FORMATS.get(str(schema.get("format"))):
        return found
    named = role(name)
    if named in _GRAVE_SIGNING and _SIGNS_IN & set(parts(of)):
        return Role.FREE
    if named is Role.SECRET and _SAYS[Effect.DELETE] & set(parts(of)):
        return Role.OBJECT_REF  # which key is taken away
    if named is Role.RECIPIENT and effect is Effect.PAY:
        return Role.ACCOUNT
    if schema.get("type") in {"integer", "number"} and named not in {Role.AMOUNT, Role.OBJECT_REF}:
        return Role.FREE
    return named


def _first(text: str) -> str:
    return " ".join(text.split())[:100]


def toml(drafts: Iterable[Draft]) -> str:
    """Drafts as `[tools.*]` tables of a policy, to be read and edited."""
    lines = [
        "# A draft by `shield tools infer`: names and descriptions were read, nothing was tried."
    ]
    for item in drafts:
        lines += [
            "",
            *([f"# {_printable(item.why)}"] if item.why else []),
            f"[tools.{_key(item.name)}]",
        ]
        lines.append(f'effect = "{item.effect}"')
        if item.roles:
            shown = ", ".join(f'{_key(k)} = "{v}"' for k, v in item.roles.items())
            lines.append(f"roles = {{ {shown} }}")
        if item.third_party:
            lines.append("authoritative = []  # somebody else writes all of its result")
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    bare = name and all(c.isascii() and (c.isalnum() or c in "_-") for c in name)
    return name if bare else quoted(name)


def quoted(name: str) -> str:
    """Any text as a TOML key or value."""
    odd = {'"', "\\"}
    shown = (c if c.isprintable() and c not in odd else f"\\U{ord(c):08x}" for c in name)
    return f'"{"".join(shown)}"'


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
