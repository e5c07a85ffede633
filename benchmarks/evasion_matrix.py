"""What is still detected when attacks are disguised: each transform alone, and pairs of them.

    python -m benchmarks.evasion_matrix [--quick] [--policy FILE] [--out FOLDER]

Attacks of the corpus that the policy (by default the shipped one) stops as they are, are disguised
by every transform of `shield.audit.mutate` and replayed. `evasion_matrix.json` and the heat map
`evasion_matrix.svg` are written to the folder.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from benchmarks.claim import stated
from benchmarks.evasion.picture import heat_map
from benchmarks.evasion.replays import Pool
from benchmarks.evasion.sums import EVERY, Cells, cells, published, report, worst
from shield.audit.corpus import Case, load
from shield.audit.disguised import Run, alone, paired, plain
from shield.audit.mutate import TRANSFORMS, Idea
from shield.policy.load import default_path

ATTACKS, PAIRS, MINUTES, SEED = 300, 2_000, 20.0, 7
QUICK_ATTACKS, QUICK_PAIRS = 30, 200


def detected(pool: Pool, cases: list[Case]) -> list[Case]:
    """The cases that are stopped as they are."""
    outcomes = pool.outcomes(Run((), case.group, case) for case in cases)
    return [case for case, outcome in zip(cases, outcomes, strict=True) if outcome.stopped]


def claims(single: Cells, minutes: float, *, quick: bool) -> list[bool]:
    """State what was measured, and whether it holds."""
    bars = (
        ("a character or encoding transform", 0.02, (Idea.CHARACTER, Idea.ENCODING)),
        ("a split, role tags, hiding markup or padding", 0.05, (Idea.SPLIT, Idea.FRAME)),
        ("respelled words or broken tokens", 0.10, (Idea.SPELLING, Idea.TOKEN)),
    )
    held = []
    for what, bar, ideas in bars:
        name, share = worst(single, *ideas)
        held.append(stated(f"highest escape rate under {what} ({name})", share, bar))
    mean = published(single)
    held.append(stated("mean escape rate under the 12 published injections", mean, 0.02))
    if not quick:
        fewest = min(single[name, EVERY].tried for name in TRANSFORMS)
        held.append(stated(f"attacks missing to {ATTACKS} under a transform", ATTACKS - fewest, 0))
        held.append(stated("minutes", minutes, MINUTES))
    return held


def main() -> None:
    """Measure, draw, claim, and exit 1 when a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evasion_matrix")
    parser.add_argument("--quick", action="store_true", help="30 attacks and 200 pairs")
    parser.add_argument("--policy", type=Path, default=default_path())
    parser.add_argument("--corpus", type=Path, default=Path("attack_corpus"))
    parser.add_argument("--out", type=Path, default=Path(".cache/evasion_matrix"))
    args = parser.parse_args()
    most, sample = (QUICK_ATTACKS, QUICK_PAIRS) if args.quick else (ATTACKS, PAIRS)
    began = time.perf_counter()
    pool = Pool(args.policy, args.corpus)
    cases = plain(load(args.corpus).cases, SEED)
    attacks = detected(pool, cases[: 4 * most] if args.quick else cases)
    print(f"{len(attacks)} attacks are detected as they are; {pool.processes} processes")
    single = cells(pool.outcomes(alone(attacks, most, SEED)))
    double = cells(pool.outcomes(paired(attacks, sample, SEED)))
    pool.close()
    minutes = (time.perf_counter() - began) / 60
    args.out.mkdir(parents=True, exist_ok=True)
    figures = {"attacks": len(attacks), "seed": SEED, "minutes": round(minutes, 1)}
    shown = {**figures, **report(single, double)}
    (args.out / "evasion_matrix.json").write_text(json.dumps(shown, indent=1) + "\n", "utf-8")
    title = f"{len(TRANSFORMS)} transforms on up to {most} detected attacks, {sample} pairs"
    (args.out / "evasion_matrix.svg").write_text(heat_map(single, double, title), "utf-8")
    for name in TRANSFORMS:
        cell = single[name, EVERY]
        print(f"{name:>20} {cell.detected:>4} of {cell.tried:>4}  {1 - cell.escaped:7.1%}")
    print(f"{'pairs':>20} {double[EVERY, EVERY].detected:>4} of {double[EVERY, EVERY].tried:>4}")
    sys.exit(0 if all(claims(single, minutes, quick=args.quick)) else 1)


if __name__ == "__main__":
    main()
