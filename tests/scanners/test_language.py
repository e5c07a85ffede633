"""Texts in other languages are found; short, mixed and technical ones pass."""

import json

import pytest
from pydantic import ValidationError

from shield.errors import PolicyError
from shield.scanners.language import LanguageOptions
from shield.text.languages import code, expected, foreign, weight
from shield.types import Checkpoint, Severity, Source

ALLOWED = {"allow": ["en", "de"]}
OTHERS = {
    "fr": "Bonjour, je voudrais savoir pourquoi ma commande n'est pas encore arrivée.",
    "es": "¿Por qué no funciona mi tarjeta en el extranjero?",
    "it": "Vorrei cambiare l'indirizzo di spedizione del mio ordine.",
    "pt-BR": "Oi, preciso de ajuda com a fatura do mês passado.",
    "nl": "Kunnen jullie mij vertellen wanneer de monteur langskomt?",
    "pl": "Chciałbym zwrócić buty, które kupiłem w zeszłym tygodniu.",
    "cs": "Dobrý den, kdy mi přijde balík s knihami?",
    "sv": "Hej, jag undrar varför priset har höjts igen.",
    "fi": "Hei, haluaisin peruuttaa tilaukseni ennen huomista.",
    "hu": "Jó napot, mikor kapom vissza a pénzemet?",
    "ro": "Bună ziua, aș vrea să știu unde este coletul meu.",
    "tr": "Merhaba, siparişim neden hâlâ kargoya verilmedi?",
    "ru": "Здравствуйте, почему у меня списали деньги дважды?",
    "uk": "Доброго дня, як змінити пароль у застосунку?",
    "el": "Καλημέρα, πότε θα παραδοθεί το δέμα μου;",
    "ar": "مرحبا، أريد إلغاء اشتراكي من فضلك",
    "fa": "سلام، چرا بسته من هنوز نرسیده است؟",
    "he": "שלום, מתי תגיע ההזמנה שלי?",
    "hi": "नमस्ते, मेरा पैसा कब वापस मिलेगा?",
    "bn": "আমার অর্ডার কোথায় আছে জানতে চাই",
    "ta": "என் கணக்கில் பணம் ஏன் குறைந்தது?",
    "th": "สวัสดีค่ะ อยากทราบว่าพัสดุอยู่ที่ไหน",
    "vi": "Xin chào, tôi muốn đổi mật khẩu tài khoản.",
    "id": "Halo, kenapa pesanan saya belum dikirim?",
    "sw": "Habari, nataka kujua kwa nini malipo yangu hayajafika.",
    "zu": "Sawubona, ngicela ungisize ngokubuyiselwa imali yami.",
    "zh": "你好，我的订单什么时候发货？",
    "ja": "こんにちは。注文した商品がまだ届きません。",
    "ko": "안녕하세요, 환불은 언제 되나요?",
    "ka": "გამარჯობა, როდის მოვა ჩემი ამანათი?",
    "hy": "Բարեւ Ձեզ, ե՞րբ կստանամ իմ պատվերը։",
}


@pytest.fixture
def find(alone):
    return alone("language", ALLOWED)


@pytest.fixture(scope="module")
def near_misses(root):
    file = root / "attack_corpus" / "near_miss" / "language.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("tag", OTHERS)
def test_another_language_is_found_in_one_sentence(find, tag):
    (finding,) = find(OTHERS[tag])
    assert finding.rule == "language/other"
    assert finding.score >= 0.5


@pytest.mark.parametrize("tag", OTHERS)
def test_a_language_that_is_allowed_passes(alone, tag):
    assert alone("language", {"allow": [tag]})(OTHERS[tag]) == []


@pytest.mark.parametrize(
    "text", ["Привет, как дела?", "你好，你在吗", "안녕하세요 여러분", "مرحبا كيف حالك"]
)
def test_a_few_words_in_another_script_are_enough(find, text):
    assert [f.score >= 0.5 for f in find(text)] == [True]


def test_short_mixed_and_technical_texts_pass(find, near_misses):
    turns = [t for case in near_misses for t in case["turns"]]
    flagged = [
        t["text"]
        for t in turns
        if any(f.score >= 0.5 for f in find(t["text"], source=Source(t["source"])))
    ]
    assert len(near_misses) >= 30
    assert flagged == []


LONG = "The museum opens at nine on Mondays and closes late on Thursdays. " * 20


def test_one_foreign_paragraph_counts_by_its_share_or_by_itself(alone):
    text = f"{LONG}\n{OTHERS['fr']}\n{LONG}"
    (whole,) = alone("language", ALLOWED)(text)
    (passage,) = alone("language", {**ALLOWED, "judge": "passage"})(text)
    assert whole.score < 0.1
    assert passage.score > 0.5


def test_the_span_covers_the_foreign_passage(find):
    text = f"{LONG}\n{OTHERS['pl']}"
    (finding,) = find(text)
    (span,) = finding.spans
    assert text[span.start : span.end].endswith(OTHERS["pl"])
    assert span.start > 600


def test_capitals_do_not_hide_a_language(find):
    assert find(OTHERS["es"].title())
    assert find(OTHERS["es"].upper())


def test_documents_are_read_only_where_the_policy_says_so(alone):
    for surfaces, found in ((["user"], False), (["user", "data"], True)):
        find = alone("language", {**ALLOWED, "surfaces": surfaces})
        assert bool(find(OTHERS["fr"], source=Source.DOCUMENT)) is found


def test_answers_are_judged_and_the_system_is_not(find):
    assert find(OTHERS["fr"], source=Source.ASSISTANT, at=Checkpoint.OUTPUT)
    assert find(OTHERS["fr"], source=Source.SYSTEM) == []


def test_the_severity_is_the_policys(alone):
    (finding,) = alone("language", {**ALLOWED, "severity": "critical"})(OTHERS["fr"])
    assert finding.severity is Severity.CRITICAL


@pytest.mark.parametrize("text", ["", " \n ", "12345", "?!", "\u0301" * 3_000, "x" * 3_000])
def test_texts_without_words_are_in_no_language(find, text):
    assert [f for f in find(text) if f.score >= 0.5] == []


@pytest.mark.parametrize(
    ("options", "words"), [({}, "without a language"), ({"allow": ["en", "qq"]}, "'qq'")]
)
def test_languages_that_cannot_be_judged_are_refused(alone, options, words):
    with pytest.raises(PolicyError, match=words):
        alone("language", options)


def test_a_misspelled_option_is_refused():
    with pytest.raises(ValidationError, match="allowed"):
        LanguageOptions.model_validate({"allowed": ["en"]})


@pytest.mark.parametrize(
    ("tag", "known"),
    [("pt-BR", "pt"), ("nb", "no"), ("ZH_hans", "zh"), ("fil", "tl"), ("zxx", ""), ("english", "")],
)
def test_tags_become_codes_of_the_model(tag, known):
    assert code(tag) == known


def test_names_and_code_weigh_nothing():
    assert weight("call foo_bar(x) 3 times, Maria") == len("calltimes")
    assert weight("Maria Lopez Garcia Marquez") == len("MariaLopezGarciaMarquez")


def test_certainty_lies_between_none_and_one():
    known = expected(["en"])
    assert foreign("the train leaves at noon", known) == 0.0
    assert foreign("ok", known) == 0.0
    assert foreign("Поезд отправляется в полдень", known) == pytest.approx(1.0, abs=0.01)
