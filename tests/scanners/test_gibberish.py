"""Mashed keys and random letters are found; codes, names, laughter and many languages pass."""

import json
import random

import pytest
from pydantic import ValidationError

from shield.scanners.gibberish import GibberishOptions, noise
from shield.text.canonical import canonical
from shield.text.letters import compute, shortened, surprise
from shield.types import Checkpoint, Severity, Source

MASHED = [
    "asdkjfh aksjdhf kajshdf",
    "sdfsdf lkjhgf wertzu dfgdfg",
    "qwpoeiru zxmcnvb qpwoeiruty",
    "hjkl fdsa jkfds ajfkdsl afjdsk",
    "Hello, fghjkdf sdlfkgj sdlkfgj sdfg ksdf?",
    "kjhgfd mnbvcx poiuyt lkjhgf",
    "Xqzvw tplkr bnmqw zxtrk.",
    "dkfjgh, dkfjgh; slkdfjg! wlekrj",
    "wvwcz qkxhj pltrm gbvcx",
    "ghsjdkf\nhgsdkjf\nksjdhgf\n",
    "tyughj ertdfg cvbnhj uiopkl",
    "rtgfvb nhyujm edcrfv",
    "плдыво фывапр щшгнек",
    "йцукенг ыфвапр ячсмит",
    "хъзжщ ждлорп цйфяч бьтимс",
    "щзхъф ждлцй вукъэ ытщгх",
    "σδφγηξκ θψχωβν ζχψβν",
    "ξψζθβ φχψδ κλξψη γδζβτ",
    "ضصثقفغع شسيبل ئءؤرظ",
    "خحجهعغ ثقفضص ظزوةذ",
]


def random_texts(count: int = 20) -> list[str]:
    chance = random.Random(11)
    letters = "abcdefghijklmnopqrstuvwxyz"
    return [
        " ".join("".join(chance.choices(letters, k=chance.randint(6, 11))) for _ in range(6))
        for _ in range(count)
    ]


@pytest.fixture
def find(alone):
    return alone("gibberish", {})


def counted(findings):
    return [f for f in findings if f.score >= 0.5]


def test_letters_without_sense_are_found(find):
    texts = MASHED + random_texts()
    missed = [text for text in texts if not counted(find(text))]
    assert len(missed) <= 0.1 * len(texts), missed


def test_codes_names_and_languages_pass(find, root):
    file = root / "attack_corpus" / "near_miss" / "gibberish.jsonl"
    texts = [
        t["text"]
        for line in file.read_text("utf-8").splitlines()
        for t in json.loads(line)["turns"]
    ]
    assert len(texts) >= 30
    assert [text for text in texts if counted(find(text))] == []


def test_the_score_is_the_share_of_letters_in_noise(find):
    mash, prose = "asdkjfh aksjdhf kajshdf ", "please explain this difficult sentence "
    scores = [find(mash * a + prose * b)[0].score for a, b in ((3, 0), (3, 1), (1, 1), (1, 5))]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.9
    assert scores[-1] < 0.2


def test_the_span_runs_from_the_first_noise_to_the_last(find):
    text = "Well, (kajshdf) and 'aksjdhf' and asdkjfh."
    (finding,) = find(text)
    assert finding.severity is Severity.NOTICE
    (span,) = finding.spans
    assert text[span.start : span.end] == "kajshdf) and 'aksjdhf' and asdkjfh"


@pytest.mark.parametrize(
    "text", ["asdfgh", "xkq zrt bvn", "", "12345 67890", "ASDKJFH AKSJDHF KAJSHDF"]
)
def test_too_little_is_not_judged(find, text):
    assert find(text) == []


@pytest.mark.parametrize("text", ["a" * 3_000, "\u0301" * 3_000, "xq-" * 900, "...." * 900])
def test_long_runs_are_no_words(find, text):
    assert counted(find(text)) == []


def test_surfaces_and_severity_are_the_policys(alone):
    find = alone("gibberish", {"severity": "critical", "surfaces": ["data"]})
    assert find(MASHED[0]) == []
    assert find(MASHED[0], source=Source.DOCUMENT)[0].severity is Severity.CRITICAL


def test_answers_are_judged_and_the_system_is_not(find):
    assert find(MASHED[0], source=Source.ASSISTANT, at=Checkpoint.OUTPUT)
    assert find(MASHED[0], source=Source.SYSTEM) == []


def test_an_option_that_does_not_exist_is_refused():
    with pytest.raises(ValidationError, match="share"):
        GibberishOptions.model_validate({"share": 0.5})


def test_noise_rises_with_surprise():
    assert noise(3.5) < 0.01 < noise(5.7) < 0.5 < noise(5.9) < 0.99 < noise(7.5)


@pytest.mark.parametrize(
    ("word", "most"),
    [
        ("information", 4),
        ("gesellschaft", 4),
        ("здравствуйте", 5),
        ("καλημερα", 4),
        ("kowalski", 5),
    ],
)
def test_words_surprise_little(word, most):
    found = surprise(word)
    assert found is not None
    assert 1 < found < most


def test_a_script_without_a_table_has_no_surprise():
    assert surprise("გამარჯობა") is None
    assert surprise("你好世界再") is None


@pytest.mark.parametrize(
    ("word", "short"),
    [("nooooo", "no"), ("hahahaha", "ha"), ("letter", "letter"), ("banana", "banana")],
)
def test_drawn_out_letters_count_once(word, short):
    assert shortened(word) == short


def test_a_table_knows_what_it_was_counted_from():
    tables = compute(["banana bandana bananas sabbats sans"])
    assert set(tables) == {"Latin"}
    assert tables["Latin"]["alphabet"] == " abns"
    assert len(tables["Latin"]["rows"]) == 5**3


def test_the_shipped_tables_are_whole(root):
    shipped = json.loads((root / "shield" / "text" / "letters.json").read_text("utf-8"))
    assert {t["order"] for t in shipped.values()} == {2, 3}
    assert all(len(t["rows"]) == len(t["alphabet"]) ** t["order"] for t in shipped.values())
    assert canonical(shipped["Latin"]["alphabet"]).text == shipped["Latin"]["alphabet"]
