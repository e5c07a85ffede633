"""The pii scanner's search beside Presidio's `AnalyzerEngine` with the same recognisers, in one run.

Both sides read the same texts on the same core; of several rounds that take turns the best CPU
time counts. Findings are compared where they count: at the default threshold or above it, and
not inside of a longer word, which the scanner leaves out whoever found it.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from benchmarks.claim import stated
from benchmarks.peers.presidio import Peer
from shield.scanners.pii.entities import IDENTITY, PATTERNS
from shield.scanners.pii.presidio import COUNTS, Presidio, within

Found = Sequence[tuple[str, int, int, float]]
SETS = {"shipped": IDENTITY, "all": tuple(PATTERNS)}
CORPUS = Path(__file__).parent.parent / "attack_corpus"
SAMPLE, ROUNDS = 400, 9
FASTER = {"clean": 10.0, "dense": 3.0}
CLEAN = {
    "prose": "The museum opens on Mondays; ask at the desk for a ticket. We walked along the river "
    "and talked about the plans for next summer, as we had promised to each other. ",
    "numbers": "The invoice of 12 March 2024 lists 3 items at 49.90 each, delivered on Monday at "
    "10:30 to desk 4. Version 2.3.1 follows in 2025, and 1,200 people have asked for it. ",
    "German": "Der Zug fährt um 7:15 Uhr auf Gleis 3 ab und hält in 12 Städten; Plätze gibt es genug. ",
    "Japanese": "博物館は月曜日の9時に開きます。入場券は受付でお求めください。案内は3階にあります。",
}
DENSE = [
    "Ann Lee, card {card}, IBAN {iban}, SSN {ssn}, {mail}, call {phone}, PESEL {pesel}, {ip}",
    "{mail};{phone};{card};{iban};{ssn}",
    "Please charge {card} and send the receipt to {mail}; my phone is {phone}.",
    '{{"iban": "{iban}", "pesel": "{pesel}", "host": "{ip}", "contact": "{mail}"}}',
]


def luhn(digits: str) -> str:
    """The digits with their check digit."""
    total = sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def record(shape: str, dice: random.Random) -> str:
    """A line of personal data that belongs to nobody."""
    some = lambda count: "".join(dice.choice("0123456789") for _ in range(count))  # noqa: E731
    card, account, day = luhn("4" + some(14)), some(18), dice.randrange(10, 29)
    born = f"44{dice.randrange(10, 13)}{day}{some(4)}"
    check = sum(int(d) * w for d, w in zip(born, (1, 3, 7, 9) * 3, strict=False))
    return shape.format(
        card=" ".join(card[i : i + 4] for i in range(0, 16, 4)),
        iban=f"DE{98 - int(account + '131400') % 97:02}{account}",
        ssn=f"{dice.randrange(100, 600)}-{dice.randrange(10, 99)}-{dice.randrange(1000, 9999)}",
        mail=f"user{some(3)}@example.org",
        phone=f"+44 20 7946 {dice.randrange(1000, 9999):04}",
        pesel=f"{born}{-check % 10}",
        ip=f"192.0.2.{dice.randrange(1, 254)}",
    )


def dense(lines: int, seed: int) -> str:
    """Records of every shape."""
    dice = random.Random(seed)  # noqa: S311 — seeded on purpose
    return "\n".join(record(DENSE[i % len(DENSE)], dice) for i in range(lines))


def corpus() -> Iterator[str]:
    """Texts of honest conversations."""
    for path in sorted(CORPUS.glob("benign/*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            case = json.loads(line)
            if case["split"] == "tune":
                yield from (turn["text"] for turn in case["turns"] if "text" in turn)


def counted(found: Found, text: str) -> set[tuple[str, int, int, float]]:
    """What counts, with scores to six places."""
    return {
        (entity, start, end, round(score, 6))
        for entity, start, end, score in found
        if score >= COUNTS and not within(text, start, end)
    }


def best(sides: Sequence[Callable[[], object]]) -> list[float]:
    """The best CPU seconds of each side; they take turns."""
    times = [float("inf")] * len(sides)
    for _ in range(ROUNDS):
        for number, work in enumerate(sides):
            began = time.process_time()
            work()
            times[number] = min(times[number], time.process_time() - began)
    return times


def speed_up(name: str, peer: Peer, ours: Presidio, text: str) -> float:
    """How many times as fast; prints microseconds a thousand characters."""
    theirs, own = best([lambda: peer.analyze(text), lambda: ours.analyze(text)])
    per = 1e9 / len(text)
    print(
        f"  {name:<9} {len(text):>6} chars  {theirs * per:9.0f} µs  {own * per:7.1f} µs a thousand"
    )
    return theirs / own


def main() -> None:
    """Compare, measure, claim."""
    texts = [*islice(corpus(), SAMPLE), *(dense(5, seed) for seed in range(40)), *CLEAN.values()]
    holds, worst = True, {"clean": float("inf"), "dense": float("inf")}
    for name, entities in SETS.items():
        peer, ours = Peer(entities), Presidio(entities)
        pairs = [(counted(peer.analyze(t), t), counted(ours.analyze(t), t)) for t in texts]
        print(f"{name}: {sum(len(theirs) for theirs, _ in pairs)} findings in {len(texts)} texts")
        differ = sum(theirs != own for theirs, own in pairs)
        holds &= stated(f"texts with other findings than AnalyzerEngine's, {name}", differ, 0)
        for kind, unit in CLEAN.items():
            text = (unit * 40)[:3_000]
            worst["clean"] = min(worst["clean"], speed_up(kind, peer, ours, text))
        for lines in (20, 40, 60):
            ratio = speed_up(f"{lines} lines", peer, ours, dense(lines, lines))
            worst["dense"] = min(worst["dense"], ratio)
    for kind, bar in FASTER.items():
        what = f"worst of bar ({bar:g}) over speed-up against AnalyzerEngine on {kind} text"
        holds &= stated(what, bar / worst[kind], 1.0)
    sys.exit(0 if holds else 1)


if __name__ == "__main__":
    main()
