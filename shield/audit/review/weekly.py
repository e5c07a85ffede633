"""The weekly review: what fired, what moved, and why thresholds should be chosen again."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from shield.audit.feedback.claims import Standing
from shield.audit.review.embedded import Embedded, Moved
from shield.audit.review.weeks import Week
from shield.errors import CorpusError
from shield.ops.drift import SHIFT, WATCH, psi

# So many confirmed reports of one week are no accident.
_REPORTS = 5
# Share of decisions that end in a block: by how much it may move.
_BLOCKS = 0.02


class Reference(Struct, frozen=True, forbid_unknown_fields=True):
    """What later weeks are compared with."""

    at: datetime
    week: Week
    embedded: Embedded | None = None


class Drift(Struct, frozen=True):
    """How far the scores of a rule moved; None where there are too few decisions to say."""

    rule: str
    psi: float | None


class Review(Struct, frozen=True):
    """One week. `before` is the week before it; `suggested` are reasons to calibrate again."""

    since: datetime
    until: datetime
    week: Week
    before: Week
    drifts: tuple[Drift, ...]
    moved: Moved | None
    reports: dict[str, int]
    notes: tuple[str, ...]
    suggested: tuple[str, ...]


def review(
    now: Week,
    before: Week,
    known: Reference | None,
    *,
    span: tuple[datetime, datetime],
    moved: Moved | None = None,
    claims: dict[str, Standing] | None = None,
) -> Review:
    """Compare a week with the reference, and without one with the week before."""
    against = known.week if known else before
    rules = sorted({*now.scores, *against.scores})
    drifts = [Drift(r, psi(against.histogram(r), now.histogram(r))) for r in rules]
    drifts.sort(key=lambda drift: (-(drift.psi or 0.0), drift.rule))
    reports = _reports(claims or {}, span)
    return Review(
        since=span[0],
        until=span[1],
        week=now,
        before=before,
        drifts=tuple(drifts),
        moved=moved,
        reports=reports,
        notes=tuple(_notes(now, against, known)),
        suggested=tuple(_suggested(now, against, drifts, moved, reports)),
    )


def _reports(claims: dict[str, Standing], span: tuple[datetime, datetime]) -> dict[str, int]:
    """Reports of the time by what became of them and their label."""
    found: dict[str, int] = {}
    for one in claims.values():
        if span[0] < one.claim.at <= span[1]:
            name = f"{one.state} {one.claim.label}"
            found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items()))


def _notes(now: Week, against: Week, known: Reference | None) -> Iterator[str]:
    """What makes a comparison weaker than it looks."""
    if known is None:
        yield "no reference: drift is against the week before"
    if len({*now.policies, *against.policies} - {""}) > 1:
        yield "more than one policy judged: scores of different models are no like with like"
    if now.unreadable:
        yield f"{now.unreadable} lines are no events and were left out"
    if now.failed:
        yield f"a scanner failed in {now.failed} decisions"


def _suggested(
    now: Week, against: Week, drifts: list[Drift], moved: Moved | None, reports: dict[str, int]
) -> Iterator[str]:
    for drift in drifts:
        if drift.psi is not None and drift.psi >= SHIFT:
            yield f"the scores of {drift.rule} have moved: PSI {drift.psi:.2f}"
    if moved and moved.psi is not None and moved.psi >= SHIFT:
        yield f"the texts have moved: PSI {moved.psi:.2f}, centres at {moved.centres:.2f}"
    blocks, held = _blocked(now), _blocked(against)
    is_enough = psi((against.n,), (now.n,)) is not None
    if is_enough and abs(blocks - held) >= _BLOCKS:
        yield f"{blocks:.1%} of decisions are blocks, {held:.1%} were"
    for label in ("false-positive", "false-negative"):
        count = reports.get(f"confirmed {label}", 0)
        if count >= _REPORTS:
            yield f"{count} reports of a {label} were confirmed"


def _blocked(week: Week) -> float:
    return week.decisions.get("block", 0) / week.n if week.n else 0.0


def word(index: float | None) -> str:
    """What a PSI means."""
    if index is None:
        return "too few"
    return "shifted" if index >= SHIFT else "watch" if index >= WATCH else "stable"


def read(path: Path) -> Reference:
    """A stored reference.

    Raises:
        CorpusError: there is none, or it is broken.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Reference)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        raise CorpusError(
            "not a reference", where=path, mend="make one with `shield review reference`"
        ) from None


def save(path: Path, made: Reference) -> None:
    """Write a reference for `read`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n")
