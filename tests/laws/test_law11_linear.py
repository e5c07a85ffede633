"""Law 11: four times the text costs less than six times the CPU time, hostile text included."""

import base64
from collections.abc import Callable
from functools import cache

import pytest

from shield.label import segment
from shield.pipeline import built
from shield.policy.load import Policy, load
from shield.scanners import Scanner
from shield.text.views import Views, expand
from shield.types import Checkpoint, Source, Subject
from tests.conftest import CONFIGURED
from tests.growth import Work, assert_linear

SMALL, LARGE = 65_536, 262_144
PROBE = 2_048  # a quadratic cost shows here already, before it takes minutes

ORDINARY = {
    "prose": "The museum opens at nine on Mondays; ask Anna Meyer at desk 4 for a ticket. ",
    "code": "def add(first, second):\n    return first + second  # sums\n\n",
    "page": '<p class="x">Read <a href="/more">more</a> about <b>us</b>.</p>\n',
}
HOSTILE = {
    "one letter": "a",
    "Chinese": "漢",
    "marks": "\u0301",
    "percents": "%",
    "digits": "4111 1111 1111 111",
    "almost an order": "ignore all previous ",
}
MORE = {
    "Cyrillic": "ж",
    "Cyrillic twins": "\u0430",
    "ligatures": "ﬁ",
    "blanks": " ",
    "line breaks": "\n",
    "underscores": "_",
    "dashes": "-",
    "open tags": "<a ",
    "open comments": "<!--",
    "ampersands": "&",
    "backslashes": "\\",
    "zero width": "\u200b",
    "emoji": "😀",
    "leet": "1a",
    "spelled": "a ",
    "assigned": 'a="b" ',
    "addresses": "a@",
    "base64": base64.b64encode(b"hello world this is").decode() + " ",
    "almost keys": "sk-a",
    "almost secrets": "secret=",
    "numbered parts": "part 1\n\n\n\n",
    "role tags": "<|im_start|>",
    "bidi": "\u202e",
}
TEXTS = {**ORDINARY, **HOSTILE, **MORE}


@cache
def _policy() -> Policy:
    return load(locked=False)


@cache
def _scanners() -> dict[str, Scanner]:
    document = _policy().document
    kept = {k: v for k, v in document.scanners.items() if k != "injection"}
    shown = _policy().with_document(document.model_copy(update={"scanners": kept}))
    return {bound.scanner.id: bound.scanner for bound in built(shown)[0]}


def _text(name: str, size: int) -> str:
    unit = TEXTS[name]
    return (unit * (size // len(unit) + 1))[:size]


def _assert_linear(work: Work) -> None:
    assert_linear(work, PROBE, 4 * PROBE, limit=8)
    assert_linear(work, SMALL, LARGE)


@cache
def _views(name: str, size: int) -> Views:
    return expand(_text(name, size))


def _scan(scanner: Scanner, name: str) -> Work:
    checkpoint = min(scanner.checkpoints)

    def work(size: int) -> Callable[[], object]:
        shown = segment(_text(name, size), Source.DOCUMENT)
        subject = Subject(checkpoint, (shown,), views=(_views(name, size).views,))
        return lambda: list(scanner.scan(subject))

    return work


def _expansion(name: str) -> Work:
    return lambda size: lambda: expand(_text(name, size))


CORE = [*ORDINARY, *HOSTILE]
SCANNED = ["hidden_text", "injection_patterns", "pii", "secrets", "split_payload", "typoglycemia"]
# Scanners of answers, which are shorter than what is read.
ANSWERS = ["citations", "exfiltration", "grounding", "prompt_leak", "refusal", "urls"]
ELSEWHERE = CONFIGURED  # measured in test_law11_configured.py


@pytest.mark.parametrize("name", [*CORE, "Cyrillic twins"])
def test_making_the_views_costs_no_more_than_the_length(name):
    _assert_linear(_expansion(name))


@pytest.mark.nightly
@pytest.mark.parametrize("name", MORE)
def test_making_the_views_costs_no_more_than_the_length_on_more_texts(name):
    _assert_linear(_expansion(name))


@pytest.mark.parametrize("name", CORE)
@pytest.mark.parametrize("scanner", SCANNED)
def test_a_scanner_costs_no_more_than_the_length(scanner, name):
    _assert_linear(_scan(_scanners()[scanner], name))


@pytest.mark.nightly
@pytest.mark.parametrize("name", MORE)
@pytest.mark.parametrize("scanner", SCANNED)
def test_a_scanner_costs_no_more_than_the_length_on_more_texts(scanner, name):
    _assert_linear(_scan(_scanners()[scanner], name))


def test_every_scanner_of_the_first_tier_that_reads_messages_is_measured():
    first = {s.id for s in _scanners().values() if s.tier == 0}
    readers = {s for s in first if _scanners()[s].checkpoints != {Checkpoint.ACTION}}
    assert readers <= {*SCANNED, *ANSWERS} | ELSEWHERE


@pytest.mark.parametrize("name", [*[*ORDINARY][:1], *[*HOSTILE][:2]])
@pytest.mark.parametrize("scanner", ANSWERS)
def test_a_scanner_of_answers_costs_no_more_than_the_length(scanner, name):
    def work(size):
        read = segment(_text(name, size // 4), Source.DOCUMENT)
        said = segment(_text(name, size), Source.ASSISTANT)
        subject = Subject(
            Checkpoint.OUTPUT, (said,), history=(read,), views=(_views(name, size).views,)
        )
        return lambda: list(_scanners()[scanner].scan(subject))

    _assert_linear(work)


@pytest.mark.nightly
@pytest.mark.parametrize("name", [*CORE, *MORE])
@pytest.mark.parametrize("scanner", ANSWERS)
def test_a_scanner_of_answers_costs_no_more_than_the_length_on_more_texts(scanner, name):
    _assert_linear(_scan(_scanners()[scanner], name))
