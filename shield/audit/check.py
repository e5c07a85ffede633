"""Everything that is wrong with a corpus folder, named by file and line."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import regex
from msgspec import Struct

from shield.audit import manifest, sources
from shield.audit.corpus import Case, Corpus, Kind, entries, tools
from shield.audit.duplicates import pairs
from shield.audit.sources import Sources
from shield.errors import CorpusError, SetupError
from shield.exits import printable
from shield.scanners import scanner_class

_SPLITS = ("tune", "hold")
# ISO 639-1, and of the three-letter codes those of big languages and of no or several languages.
_CODES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de "
    "dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia "
    "id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo "
    "lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl "
    "ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk "
    "tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu "
    "arz ary bho ceb fil hsb mai nan und mul wuu yue zxx"
)
_LANGUAGES = frozenset(_CODES.split())
_SUBTAGS = regex.compile(r"(?:-[A-Za-z]{4})?(?:-(?:[A-Z]{2}|\d{3}))?(?:-[a-z0-9]{5,8})*")


class Problem(Struct, frozen=True, order=True):
    """Something wrong; `line` is 0 where it concerns a whole file or folder."""

    path: Path
    line: int
    what: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return printable(f"{place}: {self.what}")


class Placed(Struct, frozen=True):
    """A case and where it stands."""

    path: Path
    line: int
    case: Case

    @property
    def text(self) -> str:
        """What the conversation says: all turns but the system's, which many cases share."""
        return "\n".join(
            turn.text if turn.text is not None else msgspec.json.encode(turn.call).decode()
            for turn in self.case.line.turns
            if turn.source != "system"
        )


def problems(folder: Path) -> list[Problem]:
    """All problems of a corpus folder, in the order of files and lines. Holds no text of a case."""
    placed: list[Placed] = []
    found = list(_read(folder, placed))
    known, broken = _stated(folder)
    found += broken
    found += _repeated(placed)
    found += (problem for one in placed for problem in _misplaced(one, known))
    found += _empty_splits(folder, placed)
    found += _near(placed)
    if known:
        found += _changed(folder, placed, known)
    return sorted(found)


def _stated(folder: Path) -> tuple[Sources | None, list[Problem]]:
    """The sources, None when they cannot be read; and what is wrong with the TOML files."""
    found: list[Problem] = []
    known = None
    for reading in (sources.read, tools):
        try:
            stated = reading(folder)
        except SetupError as error:
            found.append(Problem(Path(error.where), error.line or 0, error.what))
        else:
            known = stated if isinstance(stated, Sources) else known
    return known, found


def _read(folder: Path, placed: list[Placed]) -> Iterator[Problem]:
    """The cases into `placed`; what is none, and files and folders that corpora do not have."""
    for path in sorted(folder.glob("*/*.jsonl")):
        if path.parent.name not in set(Kind):
            yield Problem(path, 0, f"the folder is none of {', '.join(Kind)}: nobody reads this")
    for kind in Kind:
        for path in sorted((folder / kind).glob("*.jsonl")):
            count = 0
            for entry in entries(path, kind):
                count += 1
                if entry.case is None:
                    yield Problem(path, entry.number, entry.why)
                else:
                    placed.append(Placed(path, entry.number, entry.case))
            if not count:
                yield Problem(path, 0, "the file holds no case")


def _repeated(placed: Iterable[Placed]) -> Iterator[Problem]:
    homes: dict[str, Placed] = {}
    for one in placed:
        first = homes.setdefault(one.case.id, one)
        if first is not one:
            what = f"the id {one.case.id} already stands in {first.path.name}:{first.line}"
            yield Problem(one.path, one.line, what)


def is_language(tag: str) -> bool:
    """True for a BCP 47 code of a language that is known here."""
    main = tag.partition("-")[0]
    return main in _LANGUAGES and _SUBTAGS.fullmatch(tag[len(main) :]) is not None


def _misplaced(one: Placed, known: Sources | None) -> Iterator[Problem]:
    line = one.case.line
    if not is_language(line.lang):
        yield Problem(one.path, one.line, f"{line.lang} is no language code (BCP 47)")
    if known is None:
        return
    if not is_group(one.case.kind, one.case.group, known):
        what = f"no batch of {sources.NAME} names {one.case.kind}/{one.case.group}"
        yield Problem(one.path, one.line, what)
    batch = known.batches.get(line.batch)
    if batch is None:
        what = f"the batch {line.batch} is not in {sources.NAME}"
        yield Problem(one.path, one.line, what)
        return
    if batch.split != line.split:
        what = f"split {line.split}, but the batch {line.batch} is for {batch.split}"
        yield Problem(one.path, one.line, what)
    if not known.holds(line.batch, one.case.kind, one.case.group):
        what = f"{sources.NAME} names no such file for the batch {line.batch}"
        yield Problem(one.path, one.line, what)


def is_group(kind: Kind, group: str, known: Sources) -> bool:
    """True for a family or domain that some batch names, and for every scanner."""
    if {group, f"{kind}/{group}"} & known.groups:
        return True
    return kind is Kind.NEAR_MISS and scanner_class(group) is not None


def refuse_unknown(corpus: Corpus) -> None:
    """Refuse cases of families and domains that `SOURCES.toml` does not know, where there is one.

    Raises:
        CorpusError: there are such; names their file.
        PolicyError: `SOURCES.toml` is broken.
    """
    if not (corpus.folder / sources.NAME).is_file():
        return
    known = sources.read(corpus.folder)
    for kind, group in sorted({(case.kind, case.group) for case in corpus.cases}):
        if not is_group(kind, group, known):
            raise CorpusError(
                f"no batch of {sources.NAME} names {kind}/{group}",
                where=corpus.folder / kind / f"{group}.jsonl",
                line=1,
                mend="correct the name, or state the batch; `shield corpus check` names all",
            )


def _empty_splits(folder: Path, placed: Iterable[Placed]) -> Iterator[Problem]:
    found = {(one.case.kind, one.case.line.split) for one in placed}
    for kind in (Kind.ATTACK, Kind.BENIGN):
        for split in _SPLITS:
            if (kind, split) not in found:
                yield Problem(folder / kind, 0, f"no case in split {split}")


def _near(placed: list[Placed]) -> Iterator[Problem]:
    """Near twins that are expected to end the same way. A near miss may resemble an attack: that is
    what it is for; but the very same words cannot be both.
    """
    attacks = [one for one in placed if one.case.kind is Kind.ATTACK]
    honest = [one for one in placed if one.case.kind is not Kind.ATTACK]
    for side in (attacks, honest):
        for pair in pairs([one.text for one in side]):
            yield _twin(side[pair.later], side[pair.earlier], f"{pair.share:.0%} of its words as")
    first = {one.text: one for one in reversed(attacks)}
    for one in honest:
        if one.text in first:
            yield _twin(one, first[one.text], "the very text of the attack")


def _twin(later: Placed, earlier: Placed, how: str) -> Problem:
    ours, theirs = later.case.line, earlier.case.line
    across = "" if ours.split == theirs.split else f", and one is {ours.split}, one {theirs.split}"
    what = f"{how} {theirs.id} in {earlier.path.name}:{earlier.line}{across}"
    return Problem(later.path, later.line, what)


def _changed(folder: Path, placed: Iterable[Placed], known: Sources) -> Iterator[Problem]:
    """Hold cases that differ from the last release without a line that says why."""
    if not (folder / manifest.NAME).is_file():
        return
    before = manifest.read(folder)
    for one in placed:
        then = before.cases.get(one.case.id)
        is_new = then is None or then == manifest.digest(one.case)
        if one.case.line.split == "hold" and not is_new and one.case.id not in known.changes:
            what = f"a hold case was changed without a line in [changes] of {sources.NAME}"
            yield Problem(one.path, one.line, what)
