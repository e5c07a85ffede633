"""What the principal asked for: the effects that their own words lead one to expect.

A table of verbs in some thirty languages, read generously: a word that may ask for an effect does. So
`UNASKED` is a strong statement (the request was understood, and it was about something else) and
`UNCLEAR` a common one.
"""

from collections.abc import Iterable
from enum import StrEnum
from itertools import chain

import regex
from msgspec import Struct

from shield.actions.delegation import Delegation, delegation
from shield.actions.memo import Memo
from shield.actions.stems import pattern, plain
from shield.actions.values import fold
from shield.actions.verbs import ACCOUNTS, ARTICLES, ASKS, NOT, ORDERS, READS
from shield.actions.wordings import PASSES
from shield.policy.schema import Effect
from shield.types import Segment, Source

_FREE = frozenset({Effect.READ, Effect.FETCH})
# What somebody who asks for the first may well need on the way.
_COVERS: dict[Effect, frozenset[Effect]] = {
    Effect.SEND: frozenset({Effect.SEND, Effect.SHARE, Effect.WRITE}),
    Effect.SHARE: frozenset({Effect.SHARE, Effect.SEND, Effect.ACCOUNT, Effect.WRITE}),
    Effect.PAY: frozenset({Effect.PAY, Effect.WRITE, Effect.ACCOUNT}),
    Effect.WRITE: frozenset({Effect.WRITE, Effect.MEMORY}),
    Effect.DELETE: frozenset({Effect.DELETE, Effect.WRITE}),
    Effect.EXEC: frozenset({Effect.EXEC, Effect.WRITE}),
    Effect.ACCOUNT: frozenset({Effect.ACCOUNT, Effect.WRITE}),
    Effect.MEMORY: frozenset({Effect.MEMORY, Effect.WRITE}),
}
_CHANGES = frozenset({Effect.WRITE, Effect.SHARE, Effect.DELETE})
_MOST_READ = 8_000  # characters
_MOST_STOP = 60
_STOP = regex.compile(
    r"\W*(?:wait|hold on|stop|not yet|no|nope|never mind|cancel|don't|do not|leave it|moment|warte|stopp?|nein|noch nicht"
    r"|lass|attends|non|pas encore|arrete|espera|todavia no|aspetta|fermo|ferma|espere|ainda nao|nao|wacht|nee|nog niet"
    r"|czekaj|nie|jeszcze nie|vanta|nej|vent|odota|ei|pockej|ne|varj|nem|asteapta|nu|bekle|dur|hayir|подожди|стой|нет"
    r"|не надо|зачекай|ні|انتظر|لا|रुको|नहीं|等等|等一下|不要|先别|不|待って|やめて|いいえ|잠깐|기다려|아니)(?![^\W_])"
)
# Farther from its verb it is the "in the" of Portuguese, or goes with a noun.
_NO = regex.compile(r"\bno (?:[^\W_]{1,3} )?$")
_PASSES = regex.compile("|".join(PASSES))
_NOT_REACH = 24  # characters before a verb in which a negation undoes it


class Asked(StrEnum):
    """Whether the principal's words lead one to expect an effect."""

    ASKED = "asked"
    UNCLEAR = "unclear"
    UNASKED = "unasked"


class Intent(Struct, frozen=True):
    """What was asked for. `orders`: something to be done that no table names. `understood`: the newest turn
    asks to be told something, or for an effect, and not only for "the second one". `passes`: something is to
    be passed on as it stands.
    """

    effects: frozenset[Effect] = frozenset()
    understood: bool = False
    orders: bool = False
    delegation: Delegation = Delegation()
    passes: bool = False

    def leaves(self, effect: Effect) -> bool:
        """Whether what was left to somebody else's text was left for a call with this effect.

        Who has a discount in a mail applied left no account to that mail.
        """
        left = self.delegation
        return left.orders or not left.effects or any(effect in _COVERS[e] for e in left.effects)

    def asks(self, effect: Effect) -> Asked:
        """Whether a tool with this effect was to be expected. Reading always is."""
        if effect in _FREE or any(effect in _COVERS[e] for e in self.effects):
            return Asked.ASKED
        sends_money = effect is Effect.PAY and Effect.SEND in self.effects
        if sends_money or self.orders or self.delegation.orders or not self.understood:
            return Asked.UNCLEAR
        return Asked.UNASKED


class Turn(Struct, frozen=True):
    """What one text of the principal's asks for. `stops`: it takes back what was asked for before."""

    effects: frozenset[Effect]
    accounts: bool
    orders: bool
    understood: bool
    delegation: Delegation
    stops: bool = False
    passes: bool = False


def intent(
    trusted: Iterable[Segment], agreed: Iterable[Segment] = (), memo: Memo | None = None
) -> Intent:
    """Read the principal's turns, and what they agreed to; never anybody else's.

    The application's own instructions say what an assistant can do, not what was asked: they count
    only where no user speaks.
    """
    kept, segments = memo or Memo(0), list(trusted)
    turns = [s for s in segments if s.source is Source.USER]
    own = [kept.of(s.text, turn) for s in (turns or segments)]
    read = [*own, *(kept.of(s.text, turn) for s in agreed)]
    effects = frozenset(chain(*(t.effects for t in read)))
    if effects & _CHANGES and any(t.accounts for t in read):
        effects |= {Effect.ACCOUNT}
    stops = not turns or own[-1].stops
    return Intent(
        effects=effects,
        understood=bool(turns) and own[-1].understood,
        orders=any(t.orders for t in read),
        delegation=Delegation() if stops else Delegation.of(t.delegation for t in own),
        passes=not stops and any(t.passes for t in own),
    )


def turn(text: str) -> Turn:
    """What a text of the principal's asks for: people ask before and after what they paste."""
    if len(text) > 2 * _MOST_READ:
        text = f"{text[:_MOST_READ]}\n{text[-_MOST_READ:]}"
    folded = plain(fold(text))
    effects = frozenset(e for e in ASKS if _said(e, folded))
    return Turn(
        effects=effects,
        accounts=bool(pattern(ACCOUNTS).search(folded)),
        orders=bool(pattern(ORDERS).search(folded)),
        understood=bool(effects) or "?" in folded or bool(pattern(READS).search(folded)),
        delegation=delegation(text),
        passes=bool(_PASSES.search(folded)),
        stops=len(folded) <= _MOST_STOP and bool(_STOP.match(folded)),
    )


def _said(effect: Effect, text: str) -> bool:
    """True when some verb of the effect stands in a text, is no noun and not undone by a "not"."""
    for match in pattern(ASKS[effect]).finditer(text):
        before = text[max(0, match.start() - _NOT_REACH) : match.start()]
        last = before.rstrip().rpartition(" ")[2]
        if match["noun"] and (last in ARTICLES or last.endswith("'s")):
            continue
        clause = before.rpartition(",")[2].rpartition(".")[2]
        if not pattern(NOT).search(clause) and not _NO.search(clause):
            return True
    return False
