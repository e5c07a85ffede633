"""Rule files: read, proved by their own examples, compiled."""

import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import regex

from shield.errors import PolicyError
from shield.policy import toml
from shield.policy.schema import PatternRule, PhraseRule, RuleFile
from shield.text.canonical import canonical
from shield.text.patterns import PatternSet, check

_PROOF_SECONDS = 5.0
_Written = tuple[str, str, tuple[str, ...]]  # id, pattern, keywords


def load(
    folder: Path, globs: Iterable[str]
) -> tuple[tuple[PatternRule, ...], tuple[PhraseRule, ...]]:
    """Every rule and phrase of the files that `globs` name, in file order.

    Raises:
        PolicyError: no file, an invalid one, a rule id twice, or a pattern that does not compile.
    """
    patterns: list[PatternRule] = []
    phrases: list[PhraseRule] = []
    homes: dict[str, Path] = {}
    for path in files(folder, globs):
        document = toml.read(path, RuleFile)
        places = [("rule", n, r.id) for n, r in enumerate(document.rule)]
        places += [("phrase", n, p.id) for n, p in enumerate(document.phrase)]
        for table, number, identity in places:
            if identity in homes:
                raise PolicyError(
                    f"rule id {identity} already stands in {homes[identity].name}",
                    where=path,
                    line=toml.line_of(path.read_text("utf-8"), (table, number, "id")),
                    mend="give each rule an id of its own; ids are never reused",
                )
            homes[identity] = path
        for number, rule in enumerate(document.rule):
            _compiles(rule, number, path)
        patterns += document.rule
        phrases += document.phrase
    return tuple(patterns), tuple(phrases)


def files(folder: Path, globs: Iterable[str]) -> list[Path]:
    """The files that `globs`, relative to `folder`, name; each must name one at least."""
    found: list[Path] = []
    for pattern in globs:
        matched = sorted(folder.glob(pattern))
        if not matched:
            raise PolicyError(
                f"no rule file matches {pattern!r}",
                where=folder,
                mend="paths in `rules` are relative to the policy file",
            )
        found += matched
    return found


def compiled(rules: Iterable[PatternRule]) -> PatternSet:
    """The rules as one set; guards over the same rules share it, since it never changes."""
    return _kept(tuple((r.id, r.pattern, r.keywords) for r in rules))


# As many as policies are held at once: what serves, what it may go back to, and a candidate.
@lru_cache(maxsize=4)
def _kept(rules: tuple[_Written, ...]) -> PatternSet:
    return PatternSet.of(rules)


def prove(rules: Iterable[PatternRule]) -> list[str]:
    """What the rules' own examples disprove, one sentence each; empty when all holds."""
    return [failure for rule in rules for failure in _disproved(rule)]


def _disproved(rule: PatternRule) -> Iterator[str]:
    alone = PatternSet.of([(rule.id, rule.pattern, rule.keywords)])
    for text in rule.matches:
        if not _found(alone, text):
            yield f"{rule.id}: does not match its own example {text!r}"
    for text in rule.near_misses:
        if _found(alone, text):
            yield f"{rule.id}: matches its near miss {text!r}"


def _found(alone: PatternSet, text: str) -> bool:
    until = time.monotonic() + _PROOF_SECONDS
    return any(True for _ in alone.find(canonical(text), until))


def _compiles(rule: PatternRule, number: int, path: Path) -> None:
    try:
        check(rule.pattern)
    except regex.error as error:
        raise PolicyError(
            f"{rule.id}: the pattern does not compile: {error}",
            where=path,
            line=toml.line_of(path.read_text("utf-8"), ("rule", str(number), "pattern")),
            mend="correct the regular expression",
        ) from None
