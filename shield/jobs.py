"""The work on one subject: which scanner has to look at which segment, and a scanner's part of it.

What a segment-scoped scanner found in a segment, and what a subject-scoped one noted of it,
is remembered by content, so that a resent history costs next to nothing.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from shield.findings import FindingCache, Known, across, checked, moved
from shield.memory.session import content_digest
from shield.policy.load import Policy
from shield.scanners import Chooses, JoinsPieces, Scanner, TakesNotes
from shield.text.views import Views, expand
from shield.types import Decision, Finding, Joined, Note, Segment, Skip, SkipReason, Subject
from shield.view import View

Part = tuple[int, tuple[Finding, ...] | None]

# The scanners that a text is cut into pieces to get past.
_ACROSS = frozenset(
    [
        "banned_phrases",
        "hidden_text",
        "injection",
        "injection_ngram",
        "injection_patterns",
        "typoglycemia",
    ]
)
_MOST_JOINED = 3
# Nats that the classifiers' log odds lose on joined pieces: honest chats come that much nearer.
_SELDOM = 0.5


class Work(Struct, frozen=True):
    """A subject with the views of what is new to some scanner, and what could not be viewed.

    `parts` are, by scanner, the segments to report on: with what it found in them before, or
    None when it has to look. `known` runs parallel to history and then segments. `joined` are
    the pieces that read as one text, with its views.
    """

    subject: Subject
    known: list[Known]
    parts: dict[str, list[Part]]
    skipped: tuple[Skip, ...]
    joined: tuple[tuple[Joined, tuple[View, ...]], ...] = ()

    @classmethod
    def of(
        cls, subject: Subject, scanners: Iterable[Scanner], policy: Policy, cache: FindingCache
    ) -> "Work":
        """What `scanners` have to do for a subject."""
        if subject.call is not None and not subject.segments:
            # A call is judged by scanners that read, and remember, the conversation themselves.
            return cls(subject, [], {}, ())
        subject, skipped = _within(policy.document.limits.chars, subject)
        both = (*subject.history, *subject.segments)
        known = cache.known(subject.checkpoint, both, subject.digests)
        alone = frozenset(s.id for s in scanners if s.scope == "segment")
        parts: dict[str, list[Part]] = {name: [] for name in alone}
        views: list[tuple[View, ...]] = []
        fresh = known[len(subject.history) :]
        asking = _Asking(policy)
        for index, (segment, entry) in enumerate(zip(subject.segments, fresh, strict=True)):
            found = entry.findings
            passed = index in subject.known
            for name in alone & found.keys():
                if told := asking.among(found[name]) if passed else found[name]:
                    parts[name].append((index, told))
            missing = alone - found.keys()
            for name in missing:
                parts[name].append((index, None))
            made = _views(segment.text) if missing or not alone else Views(())
            if not made.complete:
                skipped.append(Skip(segment.path, SkipReason.LIMIT))
            views.append(made.views)
        return cls(replace(subject, views=tuple(views)), known, parts, tuple(skipped))


class Job(Struct, frozen=True):
    """One scanner's part of the work, run on a worker."""

    scanner: Scanner
    work: Work
    cache: FindingCache

    def __call__(self) -> list[Finding]:
        """What the scanner reports, checked."""
        if self.scanner.scope == "subject":
            subject = noted(self.scanner, self.work, self.cache)
            return checked(self.scanner.id, self.scanner.scan(subject), subject)
        parts = self.work.parts.get(self.scanner.id, ())
        whole = [f for index, found in parts for f in self._segment(index, found)]
        return whole + [f for pieces in self.work.joined for f in self._across(*pieces)]

    def _across(self, joined: Joined, views: tuple[View, ...]) -> list[Finding]:
        if self.scanner.id not in _ACROSS:
            return []
        found = self._scanned(joined.segment, views)
        seldom = _SELDOM if self.scanner.tier else 0.0
        return found if any(f.error for f in found) else across(found, joined, seldom=seldom)

    def _segment(self, index: int, found: Sequence[Finding] | None) -> list[Finding]:
        if found is None:
            found = self._new(index)
        return moved(found, index)

    def _new(self, index: int) -> list[Finding]:
        whole = self.work.subject
        segment = whole.segments[index]
        found = self._scanned(segment, whole.views[index])
        if all(skip.path != segment.path for skip in self.work.skipped):
            digest = whole.digests[len(whole.history) + index]
            self.cache.put(self.scanner.id, whole.checkpoint, segment, tuple(found), digest)
        return found

    def _scanned(self, segment: Segment, views: tuple[View, ...]) -> list[Finding]:
        """What the scanner says of a segment alone."""
        whole = self.work.subject
        alone = replace(whole, segments=(segment,), views=(views,), digests=(), known=frozenset())
        return checked(self.scanner.id, self.scanner.scan(alone), alone)


class Joining(Struct, frozen=True):
    """A scanner's opinion which pieces belong together, formed on a worker."""

    scanner: Scanner
    work: Work
    cache: FindingCache

    def __call__(self) -> Work:
        """The work with what pieces read as, for the scanners that judge a text alone."""
        if not isinstance(self.scanner, JoinsPieces):
            return self.work
        subject = noted(self.scanner, self.work, self.cache)
        made = [(one, _views(one.segment.text)) for one in self.scanner.joined(subject)]
        return replace(
            self.work,
            joined=tuple((one, views.views) for one, views in made[:_MOST_JOINED]),
        )


def choosing(scanner: Scanner, work: Work, found: Sequence[Finding]) -> Work | None:
    """The work of a scanner after what earlier tiers found; None when it chooses nothing of it."""
    if not isinstance(scanner, Chooses):
        return work
    chosen = scanner.chosen(work.subject, found)
    return replace(work, subject=replace(work.subject, chosen=chosen)) if chosen else None


def noted(scanner: Scanner, work: Work, cache: FindingCache) -> Subject:
    """The subject with the scanner's notes of every segment, each taken once."""
    subject = work.subject
    if not isinstance(scanner, TakesNotes) or not work.known:
        return subject  # a call alone: nothing of the conversation is new
    notes: list[tuple[Note, ...]] = []
    both = (*subject.history, *subject.segments)
    for segment, digest, known in zip(both, subject.digests, work.known, strict=True):
        taken = known.notes.get(scanner.id)
        if taken is None:
            taken = tuple(scanner.note(segment))
            cache.note(scanner.id, subject.checkpoint, segment, taken, digest)
        notes.append(taken)
    return replace(subject, notes=tuple(notes))


class _Asking:
    """Which findings ask for more than to be weighed, a redaction say; asked once a rule."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._known: dict[tuple[str, str], bool] = {}

    def among(self, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """What to report again of a segment that passed before."""
        return tuple(f for f in found if self._asks(f)) if found else ()

    def _asks(self, finding: Finding) -> bool:
        name = finding.scanner, finding.rule
        if name not in self._known:
            self._known[name] = self._policy.decision(finding) is not Decision.ALLOW
        return self._known[name]


def _within(most: int, subject: Subject) -> tuple[Subject, list[Skip]]:
    """The subject with empty texts beyond `most` characters, and with its digests."""
    segments: list[Segment] = list(subject.segments)
    first, left, over = len(subject.history), most, []
    digests = list(subject.digests) or [
        content_digest(s.text) for s in (*subject.history, *segments)
    ]
    for index, segment in enumerate(segments):
        left -= len(segment.text)
        if left < 0:
            over.append(Skip(segment.path, SkipReason.LIMIT))
            segments[index] = replace(segment, text="")
            digests[first + index] = content_digest("")
    return replace(subject, segments=tuple(segments), digests=tuple(digests)), over


def _views(text: str) -> Views:
    """The views of a text; none, and incomplete, when making them fails."""
    try:
        return expand(text)
    except Exception:  # noqa: BLE001 — whatever a decoder raises, the text counts as unscanned
        return Views((), complete=False)
