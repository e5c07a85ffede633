"""Thresholds chosen jointly against one rate for every scanner, at the same false positives in all.

    python -m benchmarks.joint_budget [--every N] [--policy FILE] [--dump FILE]

Every tune case is scored once, and the scores are kept in the dump. Thresholds are chosen on one half
of the cases and judged on the other, both ways. Naive thresholds give each scanner, on each surface,
a rate of false positives by itself, and let it block alone:

* `equal`: what the policy's budget leaves beside the rules, in equal shares, so that all together
  stay in it however they overlap; this is what the joint choice is held against;
* `matched`: the highest rate of each at which all together harm no more cases of the choosing half
  than the joint choice does;
* `each`: 10 % each, to show how that adds up.

What rules and scanners without a threshold stop by themselves, `rules`, counts everywhere.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

import shield
from benchmarks.claim import stated
from shield.audit.calibrate import graded
from shield.audit.choose import Graded, choose
from shield.audit.corpus import Kind, load
from shield.policy.load import Policy, default_path
from shield.policy.load import load as load_policy
from shield.policy.lock import digest

EACH = 0.10
_STEPS = 60
Thresholds = dict[str, float]


class Dump(Struct, frozen=True):
    """Scored cases, and what they were scored by and of."""

    name: str
    items: tuple[Graded, ...]


class Sums(Struct):
    """Cases that were flagged, of how many."""

    attacks: int = 0
    stopped: int = 0
    benign: int = 0
    harmed: int = 0

    @property
    def detection(self) -> float:
        """The share of attacks that were stopped."""
        return self.stopped / max(1, self.attacks)

    @property
    def harm(self) -> float:
        """The share of benign cases that were harmed."""
        return self.harmed / max(1, self.benign)

    def add(self, items: Iterable[Graded], flags: Iterable[bool]) -> "Sums":
        """These and other cases."""
        for item, flagged in zip(items, flags, strict=True):
            if item.kind is Kind.ATTACK:
                self.attacks, self.stopped = self.attacks + 1, self.stopped + flagged
            elif item.kind is Kind.BENIGN:
                self.benign, self.harmed = self.benign + 1, self.harmed + flagged
        return self


def scored(path: Path, policy: Policy, corpus_folder: Path, every: int) -> tuple[Graded, ...]:
    """The tune cases, scored; from the dump when it is of the same policy and corpus."""
    corpus = load(corpus_folder)
    bare = policy.with_tools(corpus.tools)
    name = digest([bare.digest, corpus.digest, every, _code()])
    if path.is_file():
        known = msgspec.json.decode(path.read_bytes(), type=Dump)
        if known.name == name:
            return known.items
    cases = corpus.split("tune")[::every]
    began, done = time.perf_counter(), 0

    def tick() -> None:
        nonlocal done
        done += 1
        if done % 100 == 0:
            spent = time.perf_counter() - began
            print(f"{done} of {len(cases)}, {spent:.0f} s", file=sys.stderr)

    items = tuple(graded(bare, cases, tick))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(Dump(name, items)))
    return items


def _code() -> list[str]:
    """What scores besides models: the library as it is written, but for reports about scores."""
    root = Path(shield.__file__).parent
    files = [f for f in sorted(root.rglob("*.py")) if f.parent.name != "pictures"]
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]


def naive(items: Sequence[Graded], rate: float) -> Thresholds:
    """For each scanner and surface the lowest threshold at which it harms `rate` of the benign cases."""
    benign = [item for item in items if item.kind is Kind.BENIGN]
    most = int(rate * len(benign) + 1e-9)  # shares of a share may fall short by a hair
    found: Thresholds = {}
    for key in sorted({k for item in items for s in item.sights for k in s.witnesses}):
        scores = sorted((_highest(item, key) for item in benign), reverse=True)
        found[key] = scores[most] + 1e-9 if most < len(scores) else 0.0
    return found


def _highest(item: Graded, key: str) -> float:
    found = (s.witnesses[key].score for s in item.sights if key in s.witnesses)
    return max(found, default=-1.0)


def alone(item: Graded, thresholds: Thresholds) -> bool:
    """True when the rules stop a case, or any scanner by itself."""
    return item.stopped or any(
        witness.score >= thresholds[key]
        for sight in item.sights
        for key, witness in sight.witnesses.items()
    )


def together(item: Graded, thresholds: Thresholds) -> bool:
    """True when the policy stops a case at these thresholds; one that nothing was chosen for is off."""
    return item.flagged(_known(item, thresholds))


def matched(items: Sequence[Graded], harmed: int) -> Thresholds:
    """Naive thresholds at the highest rate of each at which all together harm no more than so many."""
    low, high = 0.0, 0.5
    for _ in range(_STEPS):
        middle = (low + high) / 2
        thresholds = naive(items, middle)
        found = Sums().add(items, (alone(item, thresholds) for item in items))
        low, high = (middle, high) if found.harmed <= harmed else (low, middle)
    return naive(items, low)


def equal(items: Sequence[Graded], budget: float) -> Thresholds:
    """Naive thresholds at equal shares of what the budget leaves beside the rules."""
    benign = [item for item in items if item.kind is Kind.BENIGN]
    keys = {key for item in items for sight in item.sights for key in sight.witnesses}
    left = budget - sum(item.stopped for item in benign) / max(1, len(benign))
    return naive(items, max(0.0, left) / max(1, len(keys)))


def halves(items: Sequence[Graded]) -> tuple[list[Graded], list[Graded]]:
    """Every other case of each group."""
    ordered = sorted(items, key=lambda item: (item.kind, item.group))
    return ordered[::2], ordered[1::2]


def measured(items: Sequence[Graded], policy: Policy) -> dict[str, Sums]:
    """Every way to choose, judged on the cases left out."""
    found = {name: Sums() for name in ("joint", "equal", "matched", "each", "rules")}
    one, other = halves(items)
    for chosen, judged in ((one, other), (other, one)):
        joint = choose(chosen, policy.document.budget)
        spent = Sums().add(chosen, (together(item, joint) for item in chosen)).harmed
        ways = {
            "equal": equal(chosen, policy.document.budget.false_positive_rate),
            "matched": matched(chosen, spent),
            "each": naive(chosen, EACH),
        }
        found["joint"].add(judged, (together(item, joint) for item in judged))
        found["rules"].add(judged, (item.stopped for item in judged))
        for name, thresholds in ways.items():
            found[name].add(judged, (alone(item, _known(item, thresholds)) for item in judged))
    return found


def _known(item: Graded, thresholds: Thresholds) -> Thresholds:
    return {key: thresholds.get(key, 2.0) for s in item.sights for key in s.witnesses}


def main() -> None:
    """Score, choose both ways, judge, and exit 1 when a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.joint_budget")
    parser.add_argument("--every", type=int, default=1, help="take every Nth tune case")
    parser.add_argument("--policy", type=Path, default=default_path())
    parser.add_argument("--corpus", type=Path, default=Path("attack_corpus"))
    parser.add_argument("--dump", type=Path, default=Path(".cache/joint_budget/scores.json"))
    args = parser.parse_args()
    policy = load_policy(args.policy, locked=False)
    items = scored(args.dump, policy, args.corpus, args.every)
    found = measured(items, policy)
    shown = {
        name: {
            "stopped": f"{sums.stopped} of {sums.attacks}",
            "detection": round(sums.detection, 4),
            "harmed": f"{sums.harmed} of {sums.benign}",
            "false_positives": round(sums.harm, 4),
        }
        for name, sums in found.items()
    }
    print(json.dumps(shown, indent=1))
    budget = policy.document.budget.false_positive_rate
    joint, split, each = found["joint"], found["equal"], found["each"]
    held = [
        stated("false positives of the joint choice on cases left out", joint.harm, budget),
        stated(
            "detection of equal shares of the budget over that of the joint choice",
            split.detection / joint.detection,
            1.0,
        ),
        stated(
            f"{EACH:.0%} over the false positives of all scanners at {EACH:.0%} each",
            EACH / each.harm if each.harm else 1.0,
            1.0,
        ),
    ]
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
