"""Manifests: the effect of a tool and the roles of its arguments. Names match exactly."""

from collections.abc import Mapping

from msgspec import Struct

from shield.policy.schema import Effect, Role, ToolEntry

# Where a value decides who gets something, or what is changed.
IDENTITY = frozenset({Role.RECIPIENT, Role.ACCOUNT, Role.OBJECT_REF})


class Tool(Struct, frozen=True):
    """What the policy says about one tool."""

    name: str
    effect: Effect
    roles: dict[str, Role]

    @property
    def reads(self) -> bool:
        """True when the tool changes nothing and sends nothing out."""
        return self.effect is Effect.READ

    def role(self, pointer: str) -> Role:
        """The role of the argument leaf at a JSON Pointer: that of its top-level argument."""
        name = pointer.lstrip("/").split("/", 1)[0].replace("~1", "/").replace("~0", "~")
        return self.roles.get(name, Role.FREE)


def tool(name: str, known: Mapping[str, ToolEntry]) -> Tool | None:
    """The manifest of a tool; None when the policy does not know it."""
    entry = known.get(name)
    return Tool(name, entry.effect, dict(entry.roles)) if entry else None
