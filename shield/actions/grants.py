"""What the user left to somebody else's words: which text they meant, and whether it says one thing only.

A grant is narrow. It holds for a value that stands, as it is, in the record or text that the user spoke of, or in
the only one that they can have meant; where that text holds two values of the kind, nobody knows which one was
meant. A grant is a finding of its own, so that a verdict shows it.
"""

from collections.abc import Callable, Iterable, Iterator

import regex
from msgspec import Struct

from shield.actions.delegation import Delegation, kinds_of
from shield.actions.place import Provenance, Text
from shield.actions.provenance import Index
from shield.actions.values import (
    accounts,
    addresses,
    fold,
    forms,
    links,
    numbers,
    occurs,
    spellings,
    squash,
)
from shield.actions.verbs import SEVERAL
from shield.actions.wordings import CHANGED

# Rules that say that the user left a value to the text it stands in.
GRANTS = frozenset({"delegated-value", "loose-delegation", "granted-payment", "granted-code"})
_MANY_WORDS = """
everybody team staff committee group crew people addresses links numbers participants attendees guests members jeder jeden chacun cada ognuno wszystkim списку
"""
_MANY = SEVERAL | frozenset(_MANY_WORDS.split())
_MOST_OTHERS = 64
_CHANGED = regex.compile("|".join(CHANGED))
_PHONE = regex.compile(r"(?<![\w])\+?\d(?:[ ()./-]{0,2}\d){6,15}(?![\w])")
_HEADER = regex.compile(r"(?:[\p{L}-]{2,16}: [^\n]*\n)+\s*\n")
# What no text is left to decide: a shell fed from the network, keys that are read, data that is sent, all that is
# wiped out.
_REACHES = regex.compile(
    r"\|\s*(?:sudo\s+)?(?:ba|z|da|k|a)?sh\b|\|\s*(?:python|perl|node|ruby)\d?\b|base64\s+(?:-d|--decode)|\beval\b"
    r"|\.ssh\b|id_(?:rsa|ed25519|ecdsa)|\.aws\b|\.netrc|\.env\b|/etc/(?:passwd|shadow|sudoers)|authorized_keys"
    r"|\b(?:curl|wget|nc|ncat|scp|rsync|ftp|telnet)\b[^\n]*(?:\$\(|`|\$\{|@|\s-(?:d|F|T)\b|--(?:data|form|upload|post))"
    r"|\b(?:nc|ncat)\b\s|/dev/tcp/|\brm\s+-\w*[rf]\w*\s+(?:/|~|\*|\.)(?:\s|$)|\bmkfs|\bdd\s+if=|>\s*/dev/sd"
    r"|\b(?:drop|truncate)\s+(?:table|database|schema)\b|\bgrant\s+all\b|invoke-expression|\biex\b|-enc(?:odedcommand)?\b",
    regex.I,
)


class Zone(Struct, frozen=True):
    """What the user can have meant of one text: its folded words, and where others than its writers put nothing.

    `prose`: without the fields that say who wrote it, which are no second value.
    """

    words: str
    prose: str
    squashed: str
    tied: bool


def zones(known: Index, left: Delegation, *, traced: bool) -> tuple[Zone, ...]:
    """What the user spoke of, or else the only text that they can have meant.

    Args:
        known: the conversation.
        left: what was left to others.
        traced: earlier calls are known.
    """
    meant = _meant(known, left, traced=traced)
    tied = [zone for n in meant for zone in _tied(known, n, only=len(meant) == 1)]
    if tied or len(meant) != 1:
        return tuple(tied)
    # Not when what they spoke of is of another kind.
    return (
        ()
        if known.speaks() and known.texts[meant[0]].reading.structured
        else (_whole(known.texts[meant[0]], tied=False),)
    )


def granted(known: Index, found: tuple[Zone, ...], value: object) -> str:
    """The rule by which a value was left to the text it stands in; `unclear-delegation` when that text holds
    another of its kind; empty when the user did not mean the text.
    """
    folded = fold(str(value))
    holding = [zone for zone in found if _stands(folded, zone)]
    if not holding:
        return ""
    if _rivals(known, found, folded) and not _many(known):
        return "unclear-delegation"
    return "delegated-value" if any(zone.tied for zone in holding) else "loose-delegation"


def meant(found: Iterable[Zone], value: object, *, tied: bool) -> bool:
    """True when a value stands in what the user spoke of; `tied`: not merely in the only text there is."""
    folded = fold(str(value))
    return any(_stands(folded, zone) for zone in found if zone.tied or not tied)


def outside(found: Iterable[Zone], value: object) -> bool:
    """True when the user spoke of some text, and a value does not stand in it."""
    folded, meant = fold(str(value)), list(found)
    return bool(meant) and not any(_stands(folded, zone) for zone in meant)


def granted_payment(known: Index, found: tuple[Zone, ...], value: object) -> str:
    """The same of an account or amount: `granted-payment`, or `delegated-payment` when the text holds two accounts;
    empty, too, when the bill says that the account is another than before.
    """
    if any(_CHANGED.search(zone.words) for zone in found):
        return ""
    if isinstance(value, int | float):
        held = any(abs(float(value)) in numbers(zone.words) for zone in found)
        return "granted-payment" if held else ""
    folded = fold(str(value))
    if not any(_stands(folded, zone) for zone in found):
        return ""
    return "delegated-payment" if _rivals(known, found, folded) else "granted-payment"


def granted_code(found: tuple[Zone, ...], pieces: Iterable[str]) -> str:
    """`granted-code` for commands that stand in the text meant, and reach for nothing that no text decides."""
    shown = list(pieces)
    if not shown or any(_REACHES.search(piece) for piece in shown):
        return ""
    held = all(any(_stands(fold(piece), zone) for zone in found) for piece in shown)
    return "granted-code" if held else ""


def _meant(known: Index, left: Delegation, *, traced: bool) -> list[int]:
    """The numbers of the texts that the user can have meant: the file or page that they named, or those of the
    kind that they named, if there are any.
    """
    kinds = {name: kinds_of(name) for name in {text.name for text in known.texts}}
    texts = list(enumerate(known.texts))
    if left.sources and traced:
        led = [n for n, text in texts if text.led]
        return [n for n in led if kinds[known.texts[n].name] & {"file", "web"}] or led
    fitting = [n for n, text in texts if left.kinds & kinds[text.name]]
    return fitting or [n for n, _ in texts]


def _tied(known: Index, number: int, *, only: bool) -> Iterator[Zone]:
    """The records of a text that the user spoke of; the whole of one that their words led to; named lines."""
    text = known.texts[number]
    reading = text.reading
    if reading.structured:
        told = known.telling(number)
        if told:
            spoken = {n for n, r in enumerate(reading.records) if not told.isdisjoint(r)}
            own = [leaf for leaf in reading.leaves if leaf.record in spoken]
            words = "\n".join(leaf.text for leaf in own)
            prose = "\n".join(x.text for x in own if not (x.plain and _sender(x.key)))
            yield Zone(words, prose, squash(words), tied=True)
        elif text.led:
            yield _whole(text, tied=True)
    elif text.led:
        yield _whole(text, tied=True)
    elif not known.names.isdisjoint(reading.words):
        lines = [line for line in map(fold, text.raw.splitlines()) if known.names_of(line)]
        if lines and only:
            yield _whole(text, tied=True)
        elif lines:
            words = "\n".join(lines)
            yield Zone(words, words, squash(words), tied=True)


def _whole(text: Text, *, tied: bool) -> Zone:
    leaves = text.reading.leaves
    if leaves:
        told = (x.text for x in leaves if not (x.plain and _sender(x.key)))
        return Zone(text.reading.text, "\n".join(told), text.reading.squashed, tied)
    header = _HEADER.match(text.raw)
    body = fold(text.raw[header.end() :]) if header else text.reading.text
    return Zone(text.reading.text, body, text.reading.squashed, tied)


_SENDER_WORDS = """
from sender author by user to cc recipient recipients organizer de von van da od от від 差出人 发件人 보낸사람
"""
_SENDER = frozenset(_SENDER_WORDS.split())


def _sender(key: str) -> bool:
    return key in _SENDER


def _stands(folded: str, zone: Zone) -> bool:
    spelled = spellings(folded)
    if spelled and not spelled.isdisjoint(forms(zone.words)):
        return True
    return occurs(folded, zone.words, zone.squashed)


def _rivals(known: Index, found: Iterable[Zone], folded: str) -> bool:
    """True when what was meant holds another value of the kind that nobody vouches for."""
    kind = _kind(folded)
    if kind is None:
        return False
    named = known.names_in(folded)
    # One within the other: what looks like an account may run on into the next word.
    mine = squash(folded)
    seen = {shown for zone in found for shown in kind(zone.prose)}
    others = {s for s in seen if mine not in squash(s) and squash(s) not in mine}
    if named:  # "invite Alice, her address is in that file": ours is called Alice, and so must be its rivals
        others = {s for s in others if not named.isdisjoint(known.names_in(s))}
    vouched = {Provenance.USER, Provenance.LEAF}
    if len(others) > _MOST_OTHERS:
        return True  # whoever left this to such a text has not said which
    return any(known.of(shown) not in vouched for shown in others)


def _kind(folded: str) -> Callable[[str], Iterable[str]] | None:
    """What finds the values of a value's kind in a text; None for names and other words."""
    if "@" in folded:
        return addresses
    if accounts(folded):
        return accounts
    if _PHONE.fullmatch(folded):
        return _PHONE.findall
    return _paths if links(folded) else None


def _paths(folded: str) -> list[str]:
    return [shown for shown in links(folded) if "://" in shown or shown.startswith("www.")]


def _many(known: Index) -> bool:
    """True when the user spoke of more than one."""
    return any(not reading.words.isdisjoint(_MANY) for reading in known.user)
