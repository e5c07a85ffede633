"""`baseline.json`: the rates that were last accepted, and why a later audit cannot hold them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct, field

from shield.audit.corpus import Corpus, Kind
from shield.audit.report import Report
from shield.errors import CorpusError
from shield.policy.load import Policy

_SHOWN = 5


class Baseline(Struct, frozen=True):
    """The last accepted rates; `cases` counts those of each file, `scanners` are the policy's, `flagged` the
    ids of cases that ended as an attack, None in a baseline that did not keep them.
    """

    corpus: str = ""
    split: str = ""
    detection: dict[str, float] = field(default_factory=dict)
    false_positives: dict[str, float] = field(default_factory=dict)
    cases: dict[str, int] = field(default_factory=dict)
    scanners: tuple[str, ...] = ()
    flagged: tuple[str, ...] | None = None


def baseline(path: Path, corpus: Corpus, split: str) -> Baseline:
    """The baseline of a corpus and split.

    Raises:
        CorpusError: it cannot be read, or belongs to another corpus or split.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Baseline)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CorpusError(
            f"not a baseline: {error}", where=path, mend="run `shield audit --accept`"
        ) from None
    if (found.corpus, found.split) != (corpus.digest, split):
        why = "; ".join(_differs(found, corpus, split))
        raise CorpusError(
            f"the baseline belongs to another corpus or split{why and f': {why}'}",
            where=path,
            mend="run `shield audit --accept` once the change of the corpus is reviewed",
        )
    return found


def _differs(found: Baseline, corpus: Corpus, split: str) -> Iterator[str]:
    """Which files have fewer cases than the baseline has seen, the greatest loss first."""
    if found.split != split:
        yield f"it is of the split {found.split}"
        return
    now = counts((case.kind, case.group) for case in corpus.split(split))
    lost = {name: before - now.get(name, 0) for name, before in found.cases.items()}
    fewer = sorted((name for name in lost if lost[name] > 0), key=lambda n: (-lost[n], n))
    for name in fewer[:_SHOWN]:
        yield f"{name} has {now.get(name, 0)} cases, it had {found.cases[name]}"
    if len(fewer) > _SHOWN:
        yield f"and {len(fewer) - _SHOWN} more files have fewer"


def counts(places: Iterable[tuple[Kind, str]]) -> dict[str, int]:
    """How often each file of a corpus occurs."""
    found: dict[str, int] = {}
    for kind, group in places:
        name = f"{kind}/{group}"
        found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items()))


def active(policy: Policy) -> tuple[str, ...]:
    """The scanners of a policy whose findings may count at its level."""
    document = policy.document
    entries = document.scanners.items()
    return tuple(sorted(name for name, entry in entries if entry.level <= document.level))


def cause(known: Baseline, policy: Policy) -> str:
    """What may have cost detection: scanners that counted then and no longer do; empty for none."""
    gone = sorted(set(known.scanners) - set(active(policy)))
    return f"switched off since the baseline: {', '.join(gone)}" if gone else ""


def accept(made: Report, path: Path, policy: Policy) -> None:
    """Make this report's rates the baseline; `policy` is the one that it is of."""
    rates = {g: {r.name: round(r.rate.value, 4) for r in made.groups if r.kind is g} for g in Kind}
    shown = Baseline(
        made.corpus,
        made.split,
        rates[Kind.ATTACK],
        rates[Kind.BENIGN],
        counts((r.kind, r.group) for r in made.results),
        active(policy),
        tuple(sorted(r.id for r in made.results if r.flagged)),
    )
    path.write_text(
        msgspec.json.format(msgspec.json.encode(shown), indent=1).decode() + "\n", "utf-8"
    )
