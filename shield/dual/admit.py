"""The label rules: may values of this provenance go into a call of this effect?

Says why a call needs a person, or is refused. Knows labels, roles and effects; never a model.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum

import regex
from msgspec import Struct

from shield.dual.stated import Stated
from shield.dual.tools import Bound
from shield.dual.values import Value, plain, whole
from shield.label import join
from shield.policy.schema import Effect, Role
from shield.types import Integrity, Label, Scalar

# Effects that somebody else notices, or that cannot be taken back.
GRAVE = frozenset(
    {Effect.SEND, Effect.SHARE, Effect.PAY, Effect.DELETE, Effect.EXEC, Effect.ACCOUNT}
)
# Where an argument of which nothing is said may be the one that opens the door.
_WHOLLY_GRAVE = frozenset({Effect.EXEC, Effect.ACCOUNT})
_OUTGOING = frozenset({Effect.SEND, Effect.SHARE, Effect.PAY, Effect.FETCH})
# Sums and days are no text, and a payment's object is known to whoever pays: what they say to a
# receiver is left to the other rules.
_SAYS_LITTLE = frozenset({Role.AMOUNT, Role.DATE})
_IN_PAYMENTS = frozenset({Role.OBJECT_REF})
_ADDRESSES = frozenset({Role.RECIPIENT, Role.ACCOUNT, Role.URL})
_NEED = {
    Role.RECIPIENT: Integrity.TOOL_AUTH,
    Role.ACCOUNT: Integrity.TOOL_AUTH,
    Role.OBJECT_REF: Integrity.TOOL_AUTH,
    Role.URL: Integrity.TOOL_AUTH,
    Role.CODE: Integrity.USER,
    Role.SECRET: Integrity.USER,
    Role.AMOUNT: Integrity.EXTRACTED,
    Role.DATE: Integrity.EXTRACTED,
    Role.FREE: Integrity.EXTRACTED,
    Role.CONTENT: Integrity.UNTRUSTED,
}
_IDENTIFIER = regex.compile(
    r"[\w.+-]{1,64}+@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}|\bhttps?://[^\s<>\"')\]]+|\bwww\.[^\s<>\"')\]]+"
    r"|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"
)


class Why(StrEnum):
    """Why a person is asked, or a call refused."""

    IDENTITY = "untrusted-identity"
    OBJECT = "untrusted-object"
    ADDRESS = "untrusted-address"
    CODE = "untrusted-code"
    SECRET = "untrusted-secret"
    AMOUNT = "untrusted-amount"
    VALUE = "untrusted-value"
    MEMORY = "untrusted-memory"
    IDENTIFIER = "identifier-in-content"
    READERS = "not-for-these-readers"
    CONDITION = "untrusted-condition"
    AGAIN = "tool-again-after-replan"
    POLICY = "policy"


_REASONS = {
    Role.RECIPIENT: Why.IDENTITY,
    Role.ACCOUNT: Why.IDENTITY,
    Role.OBJECT_REF: Why.OBJECT,
    Role.URL: Why.ADDRESS,
    Role.CODE: Why.CODE,
    Role.SECRET: Why.SECRET,
    Role.AMOUNT: Why.AMOUNT,
}


class Reason(Struct, frozen=True, order=True):
    """Why, and about which argument; `rule` is the policy's, when it is the policy that asks."""

    why: Why
    argument: str = ""
    rule: str = ""

    @property
    def denies(self) -> bool:
        """True when no person may wave it through."""
        return self.why in {Why.CODE, Why.SECRET}


def reasons(
    tool: Bound, values: Mapping[str, Value], pc: Label, trusted: Stated
) -> tuple[Reason, ...]:
    """Why this call needs a person; empty when its labels allow it.

    Args:
        tool: what is called.
        values: its arguments.
        pc: the join of the conditions under which the call runs.
        trusted: what the caller has written.
    """
    if tool.reads:
        return ()
    found = [r for name, value in values.items() for r in _argument(tool, name, value, trusted)]
    if tool.effect in GRAVE and pc.integrity < Integrity.TOOL_AUTH:
        found.append(Reason(Why.CONDITION))
    found += _readers(tool, values, pc)
    return tuple(sorted(set(found)))


def _argument(tool: Bound, name: str, value: Value, trusted: Stated) -> Iterator[Reason]:
    role, label = tool.role(name), whole(value)
    if label.integrity < _needed(tool, role):
        yield Reason(_REASONS.get(role, Why.VALUE), name)
    elif label.integrity is Integrity.USER and _must_be_stated(tool, role):
        if not all(leaf in trusted for leaf in leaves(value)):
            yield Reason(_REASONS[role], name)
    if tool.effect is Effect.MEMORY and label.integrity < Integrity.TOOL_AUTH:
        yield Reason(Why.MEMORY, name)
    if label.integrity < Integrity.TOOL_AUTH and _is_content(tool, role):
        if any(_smuggles(leaf, trusted) for leaf in leaves(value)):
            yield Reason(Why.IDENTIFIER, name)


def _needed(tool: Bound, role: Role) -> Integrity:
    if role is Role.AMOUNT and tool.effect is Effect.PAY:
        return Integrity.TOOL_AUTH
    if role is Role.FREE and tool.effect in _WHOLLY_GRAVE:
        return Integrity.TOOL_AUTH
    return Integrity.UNTRUSTED if _is_content(tool, role) else _NEED[role]


def _is_content(tool: Bound, role: Role) -> bool:
    """What is only written down for the caller decides nothing, whatever it is called."""
    return role is Role.CONTENT or (role is Role.FREE and tool.effect is Effect.WRITE)


def _must_be_stated(tool: Bound, role: Role) -> bool:
    """A planner's own words may be composed, but not where they would reach somebody."""
    is_payment = role is Role.AMOUNT and tool.effect is Effect.PAY
    return is_payment or role in _ADDRESSES or role is Role.SECRET


def _smuggles(leaf: Scalar, trusted: Stated) -> bool:
    if not isinstance(leaf, str):
        return False
    return any(found not in trusted for found in identifiers(leaf))


def identifiers(text: str) -> list[str]:
    """Mail addresses, links and IBANs in a text."""
    return [found.rstrip(".,;:") for found in _IDENTIFIER.findall(text)]


def _readers(tool: Bound, values: Mapping[str, Value], pc: Label) -> Iterator[Reason]:
    """What is not public leaves only to those who may read it, or to whom the caller named."""
    if tool.effect not in _OUTGOING:
        return
    addressed = [v for name, v in values.items() if tool.role(name) in _ADDRESSES]
    if addressed and join(*map(whole, addressed)).integrity is Integrity.USER:
        return
    receivers = {str(leaf) for value in addressed for leaf in leaves(value)}
    # A fetched address says something to its host; that of a receiver only says who it is.
    silent = _SAYS_LITTLE if tool.effect is Effect.FETCH else _SAYS_LITTLE | _ADDRESSES
    silent |= _IN_PAYMENTS if tool.effect is Effect.PAY else frozenset()
    for name, value in values.items():
        may = join(whole(value), pc).readers
        if may is not None and not (receivers and receivers <= may):
            if tool.role(name) not in silent:
                yield Reason(Why.READERS, name)


def leaves(value: Value) -> tuple[Scalar, ...]:
    """The scalars of a tree."""
    found: list[Scalar] = []
    stack = [plain(value)]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack.extend(node)
        elif isinstance(node, dict):
            stack.extend(node.values())
        else:
            found.append(node)
    return tuple(found)
