"""May a value of this origin fill this role of a call? The answers are names of rules, nothing else."""

from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from shield.actions.content import carries, dictated, foreign, identifiers, quoted, retold
from shield.actions.grants import (
    GRANTS,
    Zone,
    granted,
    granted_code,
    granted_payment,
    meant,
    outside,
    zones,
)
from shield.actions.intent import Asked, Intent
from shield.actions.manifest import GRAVE, Tool
from shield.actions.place import Place, Provenance
from shield.actions.provenance import Index
from shield.actions.values import fold, host
from shield.policy.schema import Effect, Role
from shield.types import Argument, Integrity

_MIN_DIGITS = 6
_OUTGOING = frozenset({Effect.SEND, Effect.SHARE, Effect.PAY, Effect.WRITE, Effect.MEMORY})
_GETS = frozenset({Effect.READ, Effect.FETCH, Effect.WRITE})
# Not what merely is the only text there was: a page may ask that its link be passed on.
_SPOKEN_OF = frozenset({"delegated-value", "granted-payment"})
_PARTY = frozenset({Role.RECIPIENT, Role.ACCOUNT})


class Case(Struct, frozen=True, dict=True):
    """A call and all that its arguments are judged by. `traced`: earlier calls are known."""

    tool: Tool
    known: Index
    intent: Intent
    asked: Asked
    traced: bool

    @cached_property
    def left(self) -> tuple[Zone, ...]:
        """The texts to which the user left something: worked out once a call, and for few calls at all."""
        return zones(self.known, self.intent.delegation, traced=self.traced)


def judged(case: Case, argument: Argument) -> Iterator[str]:
    """The rules that an argument breaks."""
    role = case.tool.role(argument.path)
    # The label speaks only where a controller made it, never for what a model proposed.
    vouched = argument.label.integrity >= Integrity.TOOL_AUTH
    if role is Role.FREE or argument.value is None or vouched:
        return
    if role is Role.CONTENT:
        yield from _content(case, str(argument.value))
        return
    place = case.known.place(argument.value)
    if place.origin is Provenance.USER:
        return
    if role in _PARTY or (role is Role.URL and case.tool.effect not in _GETS):
        yield from _party(case, argument, place)
    elif role is Role.OBJECT_REF:
        yield from _object(case, argument, place)
    elif role is Role.URL:
        yield from _address(case, str(argument.value), place)
    elif role in {Role.CODE, Role.SECRET}:
        yield from _code(case, argument, role, place)
    else:
        yield from _figure(case, argument, role, place)


def _figure(case: Case, argument: Argument, role: Role, place: Place) -> Iterator[str]:
    """How much, and when. What an assistant may well have computed passes, unless it is a bill that is paid."""
    pays = case.tool.effect is Effect.PAY
    if place.origin is Provenance.TEXT:
        rule = _left(case, argument.value, place)
        yield rule if rule in GRANTS else "untrusted-amount" if pays else "untrusted-date"
    elif place.origin is Provenance.NONE and pays and role is Role.AMOUNT:
        if case.intent.delegation.values:
            yield "unstated-amount"


def _left(case: Case, value: object, place: Place) -> str:
    """The rule that says that the user left this value to this text; empty when they did not.

    Money does not come back: what is not wholly clear, a person looks at.
    """
    if not case.intent.delegation or case.asked is Asked.UNASKED:
        return ""
    if place.disguised or place.alike:
        return ""
    if case.tool.effect is Effect.PAY:
        if case.asked is not Asked.ASKED or not case.intent.leaves(Effect.PAY):
            return "delegated-payment"
        return granted_payment(case.known, case.left, value)
    return granted(case.known, case.left, value) or _unclear(case, place)


def _unclear(case: Case, place: Place) -> str:
    """That a text of its own holds a value which the user left to some text, nobody knows to which."""
    text = case.known.texts[place.source]
    return "" if text.reading.structured and not place.tied else "unclear-delegation"


def _party(case: Case, argument: Argument, place: Place) -> Iterator[str]:
    """Who gets it."""
    if place.alike:
        yield "look-alike"
    if place.origin is Provenance.TEXT:
        yield _left(case, argument.value, place) or "untrusted-identity"
    elif place.origin is Provenance.NONE:
        yield "unstated-identity" if _concrete(argument) else "unstated-object"
    elif place.origin is Provenance.LEAF and not place.tied:
        yield _untied(case, argument, place)


def _untied(case: Case, argument: Argument, place: Place) -> str:
    """A field that can be believed, of a record that the user did not speak of."""
    if case.known.contradicted(argument.value, place):
        return "other-than-named"
    if case.asked is Asked.UNASKED:
        return "steered-identity"
    if case.intent.delegation:
        if case.known.mentioned(argument.value):
            return "delegated-value"
        if not place.alone or case.known.speaks() or outside(case.left, argument.value):
            return "outside-delegation"
    return "untied-identity" if place.alone or case.known.several() else "foreign-record"


def _object(case: Case, argument: Argument, place: Place) -> Iterator[str]:
    """What it is done to."""
    if place.origin is Provenance.TEXT:
        steered = case.asked is Asked.UNASKED
        rule = _left(case, argument.value, place)
        yield "steered-object" if steered else rule if rule in GRANTS else "untrusted-object"
    elif place.origin is Provenance.NONE:
        yield "unstated-object"
    elif place.origin is Provenance.LEAF and not place.tied:
        if case.known.contradicted(argument.value, place):
            yield "other-than-named"
        elif not place.alone and case.tool.effect in GRAVE and not case.intent.delegation.orders:
            yield "foreign-object"


def _address(case: Case, url: str, place: Place) -> Iterator[str]:
    """What is opened."""
    if place.alike:
        yield "look-alike"
    name = host(fold(url))
    if name and case.known.of(name) is Provenance.USER:
        return
    if place.origin is Provenance.NONE:
        yield "carried-data" if carries(url, case.known) else "composed-address"
    elif place.origin is Provenance.TEXT:
        rule = _left(case, url, place) if place.tied else ""
        yield rule if rule in GRANTS else "untrusted-address"


def _code(case: Case, argument: Argument, role: Role, place: Place) -> Iterator[str]:
    """What is run, and what opens a door: only the user's own words, or a file that they named."""
    value, left = str(argument.value), case.intent.delegation
    if role is Role.SECRET:
        meant = place.source >= 0 and (left.secrets or left.orders)
        rule = _left(case, value, place) if meant else ""
        yield rule if rule == "delegated-value" else "untrusted-code"
        return
    stands = place.origin in {Provenance.TEXT, Provenance.LEAF}
    pieces = [value] if stands else dictated(value, case.known)
    if pieces:
        told = left.orders and not place.disguised and case.asked is not Asked.UNASKED
        found = case.left if told else ()
        yield granted_code(found, pieces) or "untrusted-code"


def _content(case: Case, text: str) -> Iterator[str]:
    """What is said: passing on a text is no smuggling, and a memory is worth protecting."""
    if case.tool.effect is Effect.MEMORY:
        if quoted(text, case.known):
            yield "delegated-value" if case.intent.delegation else "untrusted-memory"
        elif case.asked is Asked.UNASKED and retold(text, case.known):
            yield "untrusted-memory"
    if case.tool.effect in _OUTGOING:
        yield from _carried(case, foreign(text, case.known))


def _carried(case: Case, shown: list[str]) -> Iterator[str]:
    """Identifiers inside what is said: the user may have asked to pass them on."""
    for identifier in shown:
        place = case.known.place(identifier)
        rule = _left(case, identifier, place) if place.origin is Provenance.TEXT else ""
        passed = "delegated-value" if _passed_on(case, identifier, place) else "smuggled-identifier"
        yield rule if rule in _SPOKEN_OF else passed


def _passed_on(case: Case, identifier: str, place: Place) -> bool:
    """True when the user asked to pass on the text in which an identifier stands; what stays in a file of theirs
    may be of the only text there is.
    """
    if not case.intent.passes or case.asked is not Asked.ASKED or place.disguised or place.alike:
        return False
    return meant(case.left, identifier, tied=case.tool.effect is not Effect.WRITE)


def _concrete(argument: Argument) -> bool:
    """Names, paths and channels are often composed; a concrete address or account is not."""
    value = str(argument.value)
    return bool(identifiers(value)) or sum(map(str.isdigit, value)) >= _MIN_DIGITS
