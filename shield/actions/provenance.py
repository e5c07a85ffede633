"""Where an argument value comes from: an allow-list, not a search for bad values.

USER: it occurs in what the principal wrote. LEAF: it is a whole leaf of a tool result, in a field
that can be taken at its word. DERIVED: it follows from such values by arithmetic or by joining
them. TEXT: it occurs only inside untrusted text. NONE: nowhere. Folding and normal forms (dates, links,
telephone numbers, IBANs, amounts) decide only what counts as the same value; a look-alike is another one.
"""

from collections.abc import Callable, Iterable
from itertools import chain, islice

from msgspec import Struct
from msgspec.structs import replace

from shield.actions.derive import computed, joined
from shield.actions.disguises import core, encoded, turned
from shield.actions.fields import ANY, Fields
from shield.actions.memo import Memo
from shield.actions.place import Place, Provenance, Text
from shield.actions.reading import Leaf, Reading, read, read_free, read_own, words
from shield.actions.sought import Sought
from shield.actions.values import fold, forms, resembles, size, spellings, stands, variants
from shield.actions.verbs import COMMON, SEVERAL
from shield.label import trusted
from shield.types import Scalar, Segment, Source

_SHORT = 3
_MOST_NAMES = 4_000


class Index(Struct, frozen=True):
    """What was written by whom. `user` is what the principal wrote, `said` the words of their own turns, `spoken` those
    by which records can be told apart, `names` those of these that are names.
    """

    user: tuple[Reading, ...]
    spoken: frozenset[str]
    names: frozenset[str]
    texts: tuple[Text, ...]
    said: frozenset[str] = frozenset()

    def of(self, value: Scalar) -> Provenance:
        """Classify one leaf."""
        return self.place(value).origin

    def place(self, value: Scalar) -> Place:
        """Classify one leaf, with what is known of its place."""
        if isinstance(value, bool) or value is None:
            return Place(Provenance.USER)
        if isinstance(value, int | float):
            return self._number(size(value))
        folded = fold(value)
        spelled = spellings(folded)
        sought = Sought.of(folded, spelled)
        if not folded or any(sought.stands_in(r) for r in self.user):
            return Place(Provenance.USER)
        found = self._leaf(folded, spelled) or self._joined(folded) or self._text(sought)
        place = found or self._disguised(value) or Place(Provenance.NONE)
        alike = place.origin is not Provenance.DERIVED and self._alike(folded)
        return replace(place, alike=alike)

    def telling(self, number: int) -> frozenset[str]:
        """The words of the user's that records of text `number` hold, and others do not."""
        reading = self.texts[number].reading
        most = max(1, reading.apart - 1 if reading.apart <= _SHORT else reading.apart // 2)
        held = reading.held
        return frozenset(word for word in self.spoken & held.keys() if held[word] <= most)

    def tied(self, number: int, record: int) -> bool:
        """True when a record of text `number` holds a word of the user's that others do not hold."""
        records = self.texts[number].reading.records
        return record < len(records) and not self.telling(number).isdisjoint(records[record])

    def contradicted(self, value: Scalar, place: Place) -> bool:
        """True when the user wrote out what the same field of another record says: it is "n-12" they
        spoke of, and this is "b-77". Not when they spoke of several.
        """
        if place.source < 0 or self.several():
            return False
        reading, folded = self.texts[place.source].reading, fold(str(value))
        keys = {leaf.key for leaf in reading.whole.get(folded, ())}
        others = {x.text for x in reading.leaves if x.plain and x.key in keys and x.text != folded}
        return any(
            len(other) >= _SHORT and any(stands(other, r.text) for r in self.user)
            for other in others
        )

    def several(self) -> bool:
        """True when the user spoke of more than one: "and the others"."""
        return any(not reading.words.isdisjoint(SEVERAL) for reading in self.user)

    def mentioned(self, value: Scalar) -> bool:
        """True when a record that the user spoke of speaks of a value by one of its words."""
        own = frozenset(w for w in words(fold(str(value))) if w not in COMMON and len(w) >= _SHORT)
        return any(
            not own.isdisjoint(words(leaf.text)) and self.tied(number, leaf.record)
            for number, text in enumerate(self.texts)
            if not own.isdisjoint(text.reading.words)
            for leaf in text.reading.leaves
        )

    def _leaf(self, folded: str, spelled: frozenset[str]) -> Place | None:
        best: Place | None = None
        for number, text in enumerate(self.texts):
            found = text.reading.whole.get(folded, ())
            if not found and spelled:
                found = tuple(chain(*(text.reading.spelled.get(form, ()) for form in spelled)))
            leaves = [leaf for leaf in found if text.believes(leaf)]
            if leaves:
                place = self._placed(number, leaves)
                if best is None or _rank(place) > _rank(best):
                    best = place
        return best

    def _placed(self, number: int, leaves: Iterable[Leaf]) -> Place:
        told, records = self.telling(number), self.texts[number].reading.records
        tied = bool(told) and any(not told.isdisjoint(records[leaf.record]) for leaf in leaves)
        tied = tied or any(self._called(number, leaf.record) for leaf in leaves)
        led = self.texts[number].led > 1 and not told
        return Place(Provenance.LEAF, number, tied or led, tied or not told)

    def _called(self, number: int, record: int) -> bool:
        """True when the user called a record by a whole field of it that no other has: "from current"."""
        reading = self.texts[number].reading
        mine = reading.records[record] & self.said
        return any(
            len(word) > _SHORT and reading.held[word] == 1
            for word in mine
            for leaf in reading.whole.get(word, ())
            if leaf.record == record
        )

    def speaks(self) -> bool:
        """True when the user's words speak of some record of some result."""
        return any(self.telling(number) for number in range(len(self.texts)))

    def _joined(self, folded: str) -> Place | None:
        tables = (t.reading for t in self.texts if t.reading.structured and t.fields.allows(""))
        return Place(Provenance.DERIVED) if joined(folded, self.user, tables) else None

    def _text(self, sought: Sought) -> Place | None:
        best: Place | None = None
        for number, text in enumerate(self.texts):
            if sought.stands_in(text.reading):
                tied = self._speaks(number, sought.folded, sought.spelled)
                if tied or best is None:
                    best = Place(Provenance.TEXT, number, tied)
                if tied:
                    break
        return best

    def _disguised(self, value: str) -> Place | None:
        """The first untrusted text that holds the value in some encoding, or with something in between."""
        looked, around, letters = encoded(value), turned(value), core(value)
        for number, text in enumerate(self.texts):
            reading = text.reading
            found = bool(letters) and letters in reading.squashed
            for shown, of in () if found else around:
                found = found or (of <= reading.words and shown in reading.text)
            if found or (reading.coded and any(n in text.raw for n in looked)):
                return Place(Provenance.TEXT, number, disguised=True)
        return None

    def _speaks(self, number: int, folded: str, spelled: frozenset[str]) -> bool:
        """True when the user's words speak of the place in text `number` that a value stands in."""
        text = self.texts[number]
        leaves = [x for x in text.reading.leaves if _holds(x.text, folded, spelled)]
        if leaves:
            return self._placed(number, leaves).tied
        if text.led > 1:
            return True
        if text.led and 2 * len(folded) >= len(text.reading.text):
            return True
        lines = (line for line in map(fold, text.raw.splitlines()) if folded in line)
        return any(self.names_of(line) for line in lines)

    def names_of(self, line: str) -> bool:
        """True when a line holds a name of the user's, or a word that begins with one: "alicemiller"."""
        found = words(line)
        if not found.isdisjoint(self.names):
            return True
        long = tuple(word for word in self.names if len(word) > _SHORT)
        return any(word.startswith(long) for word in found)

    def names_in(self, line: str) -> frozenset[str]:
        """The names of the user's that a line holds, as `names_of` sees them."""
        found = words(line)
        return frozenset(
            name
            for name in self.names
            if name in found or (len(name) > _SHORT and any(w.startswith(name) for w in found))
        )

    def _number(self, value: float) -> Place:
        if any(value in r.numbers for r in self.user):
            return Place(Provenance.USER)
        leaves = [
            (number, found)
            for number, text in enumerate(self.texts)
            if (found := [x for x in text.reading.counts.get(value, ()) if text.believes(x)])
        ]
        if leaves:
            places = [self._placed(number, found) for number, found in leaves]
            return next((p for p in places if p.tied), places[0])
        given = frozenset(chain(*(r.numbers for r in self.user)))
        if computed(value, given, (t.reading for t in self.texts if t.reading.structured)):
            return Place(Provenance.DERIVED)
        for number, text in enumerate(self.texts):
            if value in text.reading.numbers:
                return Place(Provenance.TEXT, number, text.led > 1)
        return Place(Provenance.NONE)

    def _alike(self, folded: str) -> bool:
        if "." not in folded or " " in folded:
            return False
        mine = variants(folded)
        own = (leaf.text for r in self.user for look in mine for leaf in r.looks.get(look, ()))
        theirs = (
            leaf.text
            for text in self.texts
            for look in mine
            for leaf in text.reading.looks.get(look, ())
            if text.believes(leaf)
        )
        return resembles(folded, islice(chain(own, theirs), _MOST_NAMES))


def index(
    context: Iterable[Segment],
    agreed: Iterable[Segment] = (),
    *,
    memo: Memo | None = None,
    fields: Callable[[Segment], Fields] = lambda _: ANY,
    led: Callable[[Segment], int] = lambda _: 0,
) -> Index:
    """Read a conversation; what the principal agreed to counts as written by them.

    Args:
        context: every segment, trusted and not.
        agreed: the assistant's texts that the principal agreed to.
        memo: texts that have been read before.
        fields: how far the fields of a tool's result can be believed.
        led: how far the user's words led to the call that brought a result (`steps.led`).
    """
    kept = memo or Memo(0)
    own: list[Segment] = []
    texts: list[Text] = []
    for segment in context:
        if trusted(segment.label):
            own.append(segment)
            continue
        origin = next(iter(segment.label.origins))
        if origin.source is Source.TOOL:
            reading = kept.of(segment.text, read)
            texts.append(Text(segment.text, origin.name, reading, fields(segment), led(segment)))
        elif origin.source is not Source.ASSISTANT:
            texts.append(Text(segment.text, origin.name, kept.of(segment.text, read_free), ANY))
    user = tuple(kept.of(s.text, read_own) for s in (*own, *agreed))
    said = [r for r, s in zip(user, own, strict=False) if s.source is Source.USER]
    spoken = frozenset(chain(*(r.telling for r in said)))
    names = frozenset(chain(*(r.named for r in said)))
    return Index(user, spoken, names, tuple(texts), frozenset(chain(*(r.words for r in said))))


def _holds(leaf: str, folded: str, spelled: frozenset[str]) -> bool:
    return folded in leaf or (bool(spelled) and not spelled.isdisjoint(forms(leaf)))


def _rank(place: Place) -> int:
    """Of the places of one value, the most telling: the user spoke of it, or of another."""
    return 2 if place.tied else 0 if place.alone else 1
