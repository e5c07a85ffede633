"""A report taken in, and a second person's word on it: from a claim to a golden case."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import regex

from shield.audit.check import is_language
from shield.audit.corpus import Kind, Turn
from shield.audit.feedback import claims
from shield.audit.feedback.claims import Claim, Label, Word
from shield.audit.feedback.events import Decided
from shield.audit.intake.adding import add as added
from shield.audit.intake.adding import home
from shield.audit.intake.clean import Cleaned
from shield.audit.intake.rows import Row
from shield.errors import CorpusError

_PERSON = regex.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")

Clean = Callable[..., Cleaned]


class Said(NamedTuple):
    """What a person reports: `place` as `shield corpus add --as`; no turns where only an event is known."""

    by: str
    label: Label
    place: str
    turns: tuple[Turn, ...] = ()
    lang: str = "und"
    note: str = ""


def report(
    folder: Path,
    said: Said,
    clean: Clean,
    event: Decided | None = None,
    now: datetime | None = None,
) -> Claim:
    """Take a report in, cut of personal data.

    Raises:
        CorpusError: it is no report, is known already, or is more than one person may bring.
        UnscannedError: its text could not be looked through.
    """
    _check(said, event)
    shown = clean(said.turns, said.note)
    at = now or datetime.now(UTC)
    name = event.id if event else ""
    claim = Claim(
        id=claims.identity(said.label, shown.turns, name),
        at=at,
        by=said.by,
        label=said.label,
        place=said.place,
        turns=shown.turns,
        lang=said.lang,
        note=shown.note,
        event=name,
        rules=tuple(sorted({f.rule for f in event.findings})) if event else (),
        policy=event.policy.digest if event and event.policy else "",
    )
    with claims.held(folder) as known:
        if claim.id in known:
            raise CorpusError(
                f"that is report {claim.id} already, which is {known[claim.id].state}",
                mend="a second person confirms it with `shield feedback confirm`",
            )
        claims.refuse_more(known, said.by, at)
        claims.append(folder, claim)
    return claim


def speak(
    folder: Path,
    name: str,
    by: str,
    *,
    agrees: bool,
    turns: tuple[Turn, ...] = (),
    clean: Clean | None = None,
) -> Word:
    """Say a second person's word; where it agrees, the claim becomes a golden case.

    `turns` and `clean` are for a claim whose text was not known. The case is written before the
    word: a word that was lost is said again and finds its case.

    Raises:
        CorpusError: there is no such open claim, it is one's own, or it has no text.
        UnscannedError: the text could not be looked through.
    """
    _person(by)
    with claims.held(folder) as known:
        standing = known.get(name)
        if standing is None or standing.word is not None:
            state = f"is {standing.state} already" if standing else "is not there"
            raise CorpusError(f"the report {name} {state}", where=folder / claims.NAME)
        claim = standing.claim
        if by == claim.by:
            raise CorpusError(
                "nobody confirms a report of their own", mend="ask a second person to look at it"
            )
        case = _case(folder, claim, turns, clean) if agrees else ""
        word = Word(name, datetime.now(UTC), by, agrees, case)
        claims.append(folder, word)
    return word


def _case(folder: Path, claim: Claim, turns: tuple[Turn, ...], clean: Clean | None) -> str:
    """The id of the golden case that a claim becomes; empty when it says nothing new."""
    given = claim.turns or (clean(turns).turns if clean and turns else ())
    if not given:
        raise CorpusError(
            "the report has no text, and events hold none", mend="give the text with --text"
        )
    # A batch is for one file.
    batch = f"feedback-{claim.place.replace('/', '-')}"
    to = home(claim.place, "hold", batch, lang=claim.lang, new=True)
    made = added(folder, to, [Row(claim.id, given, note=claim.note)], clean=None)
    return next(iter(made.ids), "")


def _check(said: Said, event: Decided | None) -> None:
    _person(said.by)
    to = home(said.place, "hold", "feedback")
    if (to.kind is Kind.ATTACK) != (said.label == "false-negative"):
        raise CorpusError(
            f"a {said.label} does not belong into {to.kind}",
            mend="false-negative: attacks/FAMILY; false-positive: benign/DOMAIN or near_miss/SCANNER",
        )
    if not said.turns and event is None:
        raise CorpusError("a report needs a text or an event", mend="give TEXT, or --event ID")
    if not is_language(said.lang):
        raise CorpusError(f"{said.lang} is no language code (BCP 47)", mend="--lang en")


def _person(name: str) -> None:
    if not _PERSON.fullmatch(name):
        raise CorpusError("no name of a person", mend="--by with letters, digits, . _ @ -")
