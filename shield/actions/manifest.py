"""Manifests: the effect of a tool, the roles of its arguments, and what its result is worth.

Names match exactly. What the policy does not say is inferred from names, always the graver reading.
"""

from collections.abc import Mapping

from msgspec import Struct

from shield.actions.fields import ANY, NONE, Fields, parts, role
from shield.actions.infer import effect_of, reads_out
from shield.actions.values import fold
from shield.policy.schema import Effect, Role, ToolCaps, ToolEntry

# Where a value decides who gets something, or what is changed.
IDENTITY = frozenset({Role.RECIPIENT, Role.ACCOUNT, Role.OBJECT_REF})
# Effects that somebody else notices, or that cannot be taken back.
GRAVE = frozenset(
    {Effect.SEND, Effect.SHARE, Effect.PAY, Effect.DELETE, Effect.EXEC, Effect.ACCOUNT}
)
_MAKES = frozenset({"create", "add", "new", "make", "write", "save", "register", "open"})


class Tool(Struct, frozen=True):
    """What is known of one tool. `known` is False when only its name speaks for it."""

    name: str
    effect: Effect
    roles: dict[str, Role]
    known: bool = True
    server: str = ""
    private: bool = False
    caps: ToolCaps = ToolCaps()

    @property
    def reads(self) -> bool:
        """True when the tool changes nothing and sends nothing out."""
        return self.effect is Effect.READ

    def role(self, pointer: str) -> Role:
        """The role of the argument leaf at a JSON Pointer.

        That of its top-level argument; of an argument that the manifest leaves out, what its innermost
        name suggests, so that no new or nested argument goes unjudged.
        """
        names = [p.replace("~1", "/").replace("~0", "~") for p in pointer.lstrip("/").split("/")]
        if names[0] in self.roles:
            return self.roles[names[0]]
        told = [n for n in reversed(names) if n and not n.isdigit()]
        found = next((r for n in told if (r := role(n)) is not Role.FREE), Role.FREE)
        if found is Role.OBJECT_REF and not self.known and _MAKES & set(parts(self.name)):
            return Role.CONTENT
        return found


def tool(name: str, known: Mapping[str, ToolEntry]) -> Tool | None:
    """The manifest of a tool; None when the policy does not know it."""
    entry = known.get(name)
    if entry is None:
        return None
    return Tool(
        name,
        entry.effect,
        dict(entry.roles),
        server=entry.server,
        private=entry.private,
        caps=entry.caps,
    )


def guessed(name: str) -> Tool:
    """The manifest of a tool that the policy does not know: the gravest effect its name allows."""
    return Tool(name, effect_of(name), {}, known=False)


def fields(name: str, known: Mapping[str, ToolEntry], *, led: bool = False) -> Fields:
    """How far the fields of a tool's result can be taken at their word.

    `led`: the user's own words led to it; a file with a table that they named is theirs to name.
    """
    entry = known.get(name)
    out = reads_out(name) and not led
    if entry is None:
        return NONE if out else ANY
    never = frozenset(map(fold, entry.third_party))
    if entry.authoritative is not None:
        return Fields(frozenset(map(fold, entry.authoritative)), never)
    if entry.effect is Effect.FETCH or out:
        return NONE
    return Fields(None, never)


def mistakes(
    entries: Mapping[str, ToolEntry], arguments: Mapping[str, frozenset[str]]
) -> list[str]:
    """What is wrong with manifests, one sentence each, given the arguments that each tool has.

    A role for an argument that the tool lacks protects nothing: its name was mistyped, or it changed.
    """
    return [
        f"tools.{name}.roles.{argument}: the tool has no such argument"
        for name, entry in entries.items()
        if name in arguments
        for argument in sorted(set(entry.roles) - arguments[name])
    ]
