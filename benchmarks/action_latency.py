"""What the action checkpoint costs in a long session: 100 earlier results of 4 kB each.

Calls of several kinds, each judged after all results have been read once; every tenth call comes after a
new result of 4 kB, which has to be read. Milliseconds a call, of the whole `Exchange.action`, and of the
processor time alone, which other processes do not lengthen.
"""

import json
import random
import sys
import time
from pathlib import Path

from benchmarks.claim import stated
from shield.guard import Guard
from shield.label import segment
from shield.policy.load import load
from shield.policy.schema import ToolEntry
from shield.types import Caller, Source, ToolCall
from shield.wire.chat import call

ROOT = Path(__file__).parents[1]
RESULTS, SIZE, CALLS, FRESH = 100, 4_096, 400, 10
P50, P99 = 1.0, 5.0
TOOLS = {
    "send_email": ToolEntry(effect="send", roles={"to": "recipient", "body": "content"}),
    "send_money": ToolEntry(effect="pay", roles={"to": "account", "amount": "amount"}),
    "delete_email": ToolEntry(effect="delete", roles={"id": "object_ref"}),
    "fetch_url": ToolEntry(effect="fetch", roles={"url": "url"}),
    "read_inbox": ToolEntry(effect="read"),
}
WORDS = [
    "invoice",
    "meeting",
    "garden",
    "lamp",
    "order",
    "Tuesday",
    "budget",
    "draft",
    "the",
    "of",
    "and",
    "to",
    "a",
    "is",
    "for",
    "please",
]


def result(dice: random.Random) -> str:
    """A list of mails in JSON, of about `SIZE` bytes."""
    mails: list[dict[str, str]] = []
    while len(json.dumps(mails)) < SIZE:
        who = f"{dice.choice(WORDS)}.{dice.randrange(10**6)}@{dice.choice(WORDS)}-{dice.randrange(999)}.example"
        body = " ".join(dice.choice(WORDS) for _ in range(60))
        mails.append({"id": f"m{dice.randrange(10**7)}", "from": who, "body": f"{body} {who}"})
    return json.dumps(mails)


def proposed(dice: random.Random, texts: list[str]) -> ToolCall:
    """A call with values from anywhere: known, read, or made up."""
    mail = dice.choice(json.loads(dice.choice(texts)))
    to = dice.choice(
        ["bob@corp.example", mail["from"], f"new{dice.randrange(999)}@nowhere.example"]
    )
    made = [
        ("send_email", {"to": to, "cc": [to, mail["from"]], "body": "See https://corp.example/a."}),
        ("send_money", {"to": "DE44500105175407324931", "amount": dice.randrange(10**4) / 100}),
        ("delete_email", {"id": mail["id"]}),
        ("fetch_url", {"url": f"https://corp.example/{dice.randrange(10**6)}"}),
    ]
    return call(*dice.choice(made))


def main() -> None:
    """Fill a session, judge calls, print the times, claim."""
    dice = random.Random(7)  # noqa: S311 — texts to measure on
    policy = load(ROOT / "policies" / "default.toml", locked=False)
    scanners = {n: policy.document.scanners[n] for n in ("tool_origin", "tool_flow")}
    document = policy.document.model_copy(update={"scanners": scanners})
    guard = Guard(policy.with_document(document).with_tools(TOOLS))
    texts = [result(dice) for _ in range(RESULTS)]
    asked = segment("Mail Bob at bob@corp.example what the garden budget says.", Source.USER)
    exchange = guard.exchange(Caller())
    exchange.note([asked, *(segment(t, Source.TOOL, "read_inbox") for t in texts)])
    exchange.action(proposed(dice, texts))
    wall, cpu = [], []
    for number in range(CALLS):
        if number % FRESH == FRESH - 1:
            texts.append(result(dice))
            exchange.note([segment(texts[-1], Source.TOOL, "read_inbox")])
        now, began, spent = proposed(dice, texts), time.perf_counter(), time.process_time()
        exchange.action(now)
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - spent) * 1000)
    guard.close()
    for name, values in (("wall", sorted(wall)), ("processor", sorted(cpu))):
        shown = {f"p{p}": round(values[len(values) * p // 100], 2) for p in (50, 90, 99)}
        print(f"{name:9} ms a call {shown}")
    values = sorted(cpu)
    held = stated("p50 ms of processor time a call, 100 results of 4 kB", values[CALLS // 2], P50)
    held &= stated(
        "p99 ms of the same, every tenth call after a new result", values[CALLS * 99 // 100], P99
    )
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
