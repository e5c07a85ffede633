"""A text of the conversation, read once for all the calls that are judged against it.

A tool result that is structured falls into *records* (a mail, a contact, a transaction) with
*leaves*. A short leaf of a field that is not prose can be taken at its word, as far as the
tool's manifest lets it; what stands inside free text cannot.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import regex
from msgspec import Struct
from msgspec.structs import replace

from shield.actions.dumps import dumped
from shield.actions.fields import is_prose
from shield.actions.literals import UnreadableError, literal
from shield.actions.stems import is_verb
from shield.actions.tables import Table, table
from shield.actions.values import (
    addresses,
    fold,
    forms,
    host,
    links,
    numbers,
    size,
    spellings,
    squash,
    variants,
)
from shield.actions.verbs import COMMON

_MAX_LEAF = 120
_CODED = regex.compile(r"[A-Za-z0-9+/_-]{20}|%[0-9A-Fa-f]{2}%|(?:[0-9A-Fa-f]{2}[ :,]){8}")
_SHORT, _MOST_PASSED = 3, 64
# A capital letter that no sentence begins with.
_NAME = regex.compile(r"(?<=[^\s.!?:;] )(\p{Lu}[^\W_]+)")
# That, at the beginning too, or with digits, in an address or a path, or of a script without capitals.
_LIKE_NAME = regex.compile(
    r"\p{Lu}[^\W_]+|[^\W_]*\d[^\W_]*|(?<=[@/_.])[^\W_]+|[^\W_]+(?=[@/_])|[\p{Lo}]{2,}"
)
_WORD = regex.compile(r"[^\W_]+")
_MAILBOX = regex.compile(r"[^<>@\n]{0,80}<([^<>\s@]{1,64}@[^<>\s@]{1,190})>")
_PARTS = regex.compile(r"[,;] ?")
_BRACKETS = ("{", "[", "(", "<", "`")
_WRAPPED = (("<<", ">>"), ("```json\n", "```"), ("```\n", "```"))


class Leaf(Struct, frozen=True):
    """A value of a record: the field's name, its folded text, and the record's number.

    `plain`: short, of one line, and in a field that is no prose. `exact`: a number, of one reading.
    """

    key: str
    text: str
    record: int
    plain: bool
    exact: bool = False


class Reading(Struct, frozen=True):
    """What a text holds, folded.

    `forms` are its dates, links, accounts and telephone numbers in one spelling; `records` the
    words of the plain leaves of each record, by number, `parents` the record that each is a member of, `held` in how many a word stands
    (one and its members count once), `apart` how many are nobody's members; `whole` the plain leaves by their text,
    `spelled` by their forms, `counts` by their numbers. `telling` are words of the principal's by which a
    record can be told from others, `named` those of them that are names. `sure`: the structure is none that free text falls into. `looks` are the names in it by `variants`. `coded`: something in it could be an encoding.
    """

    text: str
    squashed: str
    words: frozenset[str]
    forms: frozenset[str]
    numbers: frozenset[float]
    names: frozenset[str]
    leaves: tuple[Leaf, ...] = ()
    whole: dict[str, tuple[Leaf, ...]] = {}
    spelled: dict[str, tuple[Leaf, ...]] = {}
    counts: dict[float, tuple[Leaf, ...]] = {}
    records: tuple[frozenset[str], ...] = ()
    parents: dict[int, int] = {}
    held: dict[str, int] = {}
    apart: int = 0
    telling: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    sure: bool = True
    looks: dict[str, tuple[Leaf, ...]] = {}
    coded: bool = False

    def holders(self, word: str) -> int:
        """How many records hold a word; one and its members count once."""
        return self.held.get(word, 0)

    @property
    def structured(self) -> bool:
        """True when the text falls into records."""
        return bool(self.leaves)


def words(folded: str) -> frozenset[str]:
    """The words of a folded text."""
    return frozenset(_WORD.findall(folded))


def read(text: str) -> Reading:
    """Read a text that may be structured."""
    data = structure(text)
    if data is None:
        return read_free(text)
    parents: dict[int, int] = {}
    leaves = tuple(_leaves(data, parents))
    # The leaves and not the text as it stands, whose escapes would join words: "\\nhttps".
    bare = _of(" ; ".join(leaf.text for leaf in leaves))
    sure = text.strip()[:1] in _BRACKETS or _listed(data)
    coded = bare.coded or _CODED.search(text) is not None
    return replace(_with_leaves(bare, leaves, parents), sure=sure, coded=coded)


def _listed(data: Any) -> bool:
    """True for the dump of a list; one record, or a table, could be a letter."""
    return isinstance(data, list) and not isinstance(data, Table)


def read_free(text: str) -> Reading:
    """Read a text that has no structure to believe in: what a person wrote."""
    return replace(_of(fold(text)), coded=_CODED.search(text) is not None)


def read_own(text: str) -> Reading:
    """Read what the principal wrote."""
    made = _of(fold(text))
    looks = _looks(Leaf("", name, 0, plain=True) for name in made.names)
    names = {fold(match[1]) for match in _NAME.finditer(text)}
    likely = {fold(match[0]) for match in _LIKE_NAME.finditer(text)}
    telling = frozenset(w for w in made.words if _tells(w) and (w in names or not is_verb(w)))
    return replace(made, telling=telling, named=telling & (names | likely), looks=looks)


def _looks(leaves: Iterable[Leaf]) -> dict[str, tuple[Leaf, ...]]:
    found: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        for look in variants(leaf.text):
            found.setdefault(look, []).append(leaf)
    return {look: tuple(of) for look, of in found.items()}


def _tells(word: str) -> bool:
    return word not in COMMON and (len(word) >= _SHORT or not word.isascii())


def _of(folded: str) -> Reading:
    return Reading(
        text=folded,
        squashed=squash(folded),
        words=words(folded),
        forms=forms(folded),
        numbers=frozenset(numbers(folded)),
        names=frozenset((*addresses(folded), *map(host, links(folded)))),
    )


def structure(text: str) -> Any:
    """The list or dict that a text is: JSON, a printed value, a dump or a table; None for free text."""
    shown = text.strip()
    for begin, end in _WRAPPED:
        if shown.startswith(begin) and shown.endswith(end):
            shown = shown[len(begin) : len(shown) - len(end)].strip()
    if shown.startswith(("{", "[")):
        try:
            return json.loads(shown)
        except (ValueError, RecursionError):
            pass
    for reads in (literal,) if shown[:1] in ("{", "[", "(") else (dumped, table):
        try:
            found = reads(shown)
        except UnreadableError:
            continue
        return found if isinstance(found, list | dict) else None
    return None


def _leaves(data: Any, parents: dict[int, int]) -> Iterator[Leaf]:
    """Every leaf, record by record; the name of a member that is a record is a leaf of that record.

    `parents` gets the record that each record is a member of; items of a list are nobody's.
    """
    stack: list[tuple[Any, str, int]] = [(data, "", 0)]
    count = 0
    while stack:
        node, key, record = stack.pop()
        if isinstance(node, dict):
            count += 1
            if key:
                parents[count] = record
                yield _leaf("", key, count)
            stack.extend((value, str(name), count) for name, value in node.items())
        elif isinstance(node, list):
            stack.extend((v, "" if isinstance(v, dict) else key, record) for v in node)
        elif isinstance(node, str):
            nested = structure(node) if node[:1] in ("[", "{") and not is_prose(key) else None
            if nested is None:
                yield _leaf(key, node, record)
            else:
                stack.append((nested, key, record))
        elif isinstance(node, int | float) and not isinstance(node, bool):
            yield Leaf(fold(key), f"{size(node):.12g}", record, plain=True, exact=True)


def _leaf(key: str, text: str, record: int) -> Leaf:
    plain = len(text) <= _MAX_LEAF and "\n" not in text and not is_prose(key)
    return Leaf(fold(key), fold(text), record, plain)


def _with_leaves(bare: Reading, leaves: tuple[Leaf, ...], parents: dict[int, int]) -> Reading:
    whole: dict[str, list[Leaf]] = {}
    spelled: dict[str, list[Leaf]] = {}
    counts: dict[float, list[Leaf]] = {}
    # They keep their order: which words are passed on must not depend on how words hash.
    records: list[dict[str, None]] = [
        {} for _ in range(1 + max((x.record for x in leaves), default=0))
    ]
    for leaf in leaves:
        if not leaf.plain:
            continue
        records[leaf.record].update(dict.fromkeys(_WORD.findall(leaf.text)))
        for shown in _shown(leaf.text):
            whole.setdefault(shown, []).append(leaf)
            for form in spellings(shown) if len(shown) > 6 else ():
                spelled.setdefault(form, []).append(leaf)
        if leaf.text[:1].isdigit():
            for number in (float(leaf.text),) if leaf.exact else frozenset(numbers(leaf.text)):
                counts.setdefault(number, []).append(leaf)
    for child, said in _inherited(records, parents).items():
        records[child].update(dict.fromkeys(said))
    return replace(
        bare,
        leaves=leaves,
        whole={k: tuple(v) for k, v in whole.items()},
        spelled={k: tuple(v) for k, v in spelled.items()},
        counts={k: tuple(v) for k, v in counts.items()},
        records=tuple(map(frozenset, records)),
        parents=parents,
        held=_held(records, parents),
        apart=sum(bool(words) and n not in parents for n, words in enumerate(records)),
        looks=_looks(
            Leaf(leaf.key, shown, leaf.record, plain=True)
            for shown, held in whole.items()
            if "." in shown and " " not in shown
            for leaf in held
        ),
    )


def _held(records: Sequence[dict[str, None]], parents: Mapping[int, int]) -> dict[str, int]:
    """In how many records each word stands; counted once a text, and not once a value."""
    found: Counter[str] = Counter()
    for number, own in enumerate(records):
        above = records[parents[number]] if number in parents else {}
        found.update(word for word in own if word not in above)
    return dict(found)


def _inherited(
    records: Sequence[dict[str, None]], parents: Mapping[int, int]
) -> dict[int, tuple[str, ...]]:
    """What each record has of the words of those that it is a member of: of the nearest, and not all.

    Without a bound a record of n fields and n members, or n records one in another, would make n² words.
    """
    found: dict[int, tuple[str, ...]] = {}
    for child in sorted(parents):
        if child < len(records):
            above = parents[child]
            own = tuple(islice(records[above], _MOST_PASSED))
            found[child] = (*own, *found.get(above, ()))[:_MOST_PASSED]
    return found


def _shown(text: str) -> Iterator[str]:
    """A leaf's text, and the addresses of a field that lists mailboxes: "Ann Roe <ann@corp.example>"."""
    yield text
    if "@" in text and (" " in text or "," in text):
        for part in _PARTS.split(text):
            match = _MAILBOX.fullmatch(part)
            if match or " " not in part:
                yield match[1] if match else part
