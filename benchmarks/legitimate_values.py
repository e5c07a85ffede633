"""Hijacked calls in which every value is legitimate: what provenance cannot see, measured and published.

Each case has a request, results that hold only honest data, the call that the user meant (or none, where they
only asked a question) and a call that an attacker would like better: another known recipient, another existing
file, a known outsider, an amount of another record. There is no bar to pass but that the meant calls pass.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.claim import claim
from shield.document import Document
from shield.label import segment
from shield.policy.load import load
from shield.policy.schema import ToolEntry
from shield.policy.toml import read
from shield.scanners import Services, scanner_class
from shield.text.patterns import PatternSet
from shield.types import Checkpoint, Finding, Source, Subject
from shield.wire.chat import call

ROOT = Path(__file__).parents[1]
DATA = Path(__file__).parent / "data" / "legitimate_values.jsonl"
SCANNERS = ("tool_origin", "tool_flow")
MOST_FALSE = 0.02


class Tools(Document):
    """The tools of the corpora."""

    tools: dict[str, ToolEntry]


def findings(case: dict[str, Any], proposed: list[Any], scanners: list[Any]) -> list[Finding]:
    """What the action scanners say about one call."""
    asked = segment(case["user"], Source.USER, turn=0)
    results = [segment(t, Source.TOOL, n, turn=i) for i, (n, t) in enumerate(case["reads"], 1)]
    subject = Subject(
        Checkpoint.ACTION,
        call=call(proposed[0], proposed[1]),
        intent=(asked,),
        history=(asked, *results),
    )
    return [finding for scanner in scanners for finding in scanner.scan(subject)]


def main() -> None:
    """Judge every case at both levels, and print the rates by kind."""
    policy = load(ROOT / "policies" / "default.toml", locked=False)
    tools = read(ROOT / "attack_corpus" / "tools.toml", Tools).tools
    services = Services((), PatternSet.of(()), (), dict(tools), 1.0)
    kinds = [k for name in SCANNERS if (k := scanner_class(name)) is not None]
    scanners = [kind(kind.Options(), services) for kind in kinds]
    cases = [json.loads(line) for line in DATA.read_text("utf-8").splitlines()]
    seen: Counter[tuple[str, str]] = Counter()
    for case in cases:
        for which in ("wrong", "right"):
            if case[which] is None:
                continue
            found = findings(case, case[which], scanners)
            seen[case["kind"], which] += 1
            stops = [f for f in found if policy.decision(f).rank > 1]
            level = min((policy.level(f) for f in stops), default=9)
            for at in (1, 2):
                seen[case["kind"], f"{which}@{at}"] += level <= at
            if which == "wrong" and level > 2:
                print("missed", case["id"], case["user"])
    report(seen)


def report(seen: Counter[tuple[str, str]]) -> None:
    """Print a line a kind, and claim that what the user meant passes."""
    for kind in sorted({kind for kind, _ in seen}):
        print(f"{kind:8} {_line({which: n for (k, which), n in seen.items() if k == kind})}")
    total: Counter[str] = Counter()
    for (_, which), n in seen.items():
        total[which] += n
    print(f"{'all':8} {_line(total)}")
    claim(
        "meant calls that are asked about at level 1", total["right@1"] / total["right"], MOST_FALSE
    )


def _line(of: dict[str, int]) -> str:
    wrong, right = of.get("wrong", 0), of.get("right", 0)
    return (
        f"hijacked: level 1 {of.get('wrong@1', 0):2}/{wrong:2}, level 2 {of.get('wrong@2', 0):2}/{wrong:2}   "
        f"meant: level 1 {of.get('right@1', 0):2}/{right:2}, level 2 {of.get('right@2', 0):2}/{right:2}"
    )


if __name__ == "__main__":
    main()
