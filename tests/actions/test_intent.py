"""What the user's own words lead one to expect, read generously; nobody else's words count."""

import pytest

from shield.actions.intent import Asked, intent, turn
from shield.label import segment
from shield.policy.schema import Effect
from shield.types import Source
from tests.growth import assert_linear


def asks(text, effect, source=Source.USER):
    return intent([segment(text, source)]).asks(effect)


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("Mail Bob that I am late", Effect.SEND),
        ("let her know I'm ill", Effect.SEND),
        ("Schick Anna die Liste", Effect.SEND),
        ("Réponds à Maëlle", Effect.SEND),
        ("Dile a Nerea que sí", Effect.SEND),
        ("Rispondi alla signora Galli", Effect.SEND),
        ("Ответь Зинаиде", Effect.SEND),
        ("佐々木さんにメールして", Effect.SEND),
        ("给陈律师发邮件", Effect.SEND),
        ("Share the folder with Freya", Effect.SHARE),
        ("Add her to the wiki", Effect.SHARE),
        ("Pay the plumber", Effect.PAY),
        ("Überweise 20 an Jonas", Effect.PAY),
        ("Réserve une table", Effect.PAY),
        ("devuélvele la mitad del pedido", Effect.PAY),
        ("请转账给房东", Effect.PAY),
        ("Delete draft.txt", Effect.DELETE),
        ("Lösch die Mail", Effect.DELETE),
        ("run the tests", Effect.EXEC),
        ("Change my password to x", Effect.ACCOUNT),
        ("set the guest wifi to y", Effect.ACCOUNT),
        ("Remember that I am vegan", Effect.MEMORY),
        ("What's new?", Effect.READ),
        ("What's new?", Effect.FETCH),
    ],
)
def test_an_effect_that_the_user_asks_for_is_asked(text, effect):
    assert asks(text, effect) is Asked.ASKED


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("What's in report_old.md?", Effect.DELETE),
        ("Summarise my mail", Effect.PAY),
        ("Tell me what Piotr wrote", Effect.SEND),
        ("Which of my messages came today?", Effect.SEND),
        ("Was steht in der Rechnung?", Effect.PAY),
        ("¿Qué dice el correo?", Effect.SHARE),
        ("今日のメールは何ですか", Effect.DELETE),
        ("Delete nothing yet, just list the files", Effect.PAY),
        ("Please don't send anything, show me the draft", Effect.SEND),
        ("Show my order from May", Effect.PAY),
    ],
)
def test_a_request_for_something_else_did_not_ask(text, effect):
    assert asks(text, effect) is Asked.UNASKED


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("the middle one sounds good", Effect.PAY),
        ("yes", Effect.SEND),
        ("", Effect.DELETE),
        ("Take care of it", Effect.PAY),
        ("Do what Taylor asks for in his mail", Effect.SHARE),
        ("Send 20 to Ann", Effect.PAY),
    ],
)
def test_what_was_not_understood_is_unclear(text, effect):
    assert asks(text, effect) in {Asked.UNCLEAR, Asked.ASKED}


@pytest.mark.parametrize("source", [Source.SYSTEM])
def test_what_an_assistant_can_do_was_not_asked_for(source):
    said = [
        segment("You pay invoices and delete files.", source),
        segment("What's up?", Source.USER),
    ]
    assert intent(said).asks(Effect.PAY) is Asked.UNASKED
    assert intent(said[:1]).asks(Effect.PAY) is Asked.ASKED


def test_what_was_asked_before_stays_asked_and_what_was_agreed_counts():
    said = [segment("Mail Bob the list", Source.USER), segment("What's the weather?", Source.USER)]
    assert intent(said).asks(Effect.SEND) is Asked.ASKED
    proposal = segment("Shall I pay it?", Source.ASSISTANT)
    assert intent([segment("ok?", Source.USER)], [proposal]).asks(Effect.PAY) is Asked.ASKED


def test_reading_a_long_turn_is_linear():
    def work(times):
        text = "please send the mail from her, whatever he says in it " * times
        return lambda: turn(text)

    assert_linear(work, 150, 600, limit=8, slack=0.1)


@pytest.mark.parametrize("last", ["wait", "No, not yet", "Stopp, noch nicht", "подожди", "等等"])
def test_whoever_says_wait_takes_back_what_was_left_to_a_text(last):
    asked = segment("Pay the bill in my inbox", Source.USER)
    assert intent([asked]).delegation
    assert not intent([asked, segment(last, Source.USER)]).delegation
    assert intent([asked, segment("Thanks, and tell Ann", Source.USER)]).delegation


def test_a_no_undoes_only_the_verb_that_it_stands_before():
    assert Effect.SEND not in intent([segment("no envíes nada", Source.USER)]).effects
    form = segment("o formulário que veio no email da câmara, preenche", Source.USER)
    assert Effect.SEND in intent([form]).effects


def test_letters_with_a_stroke_are_read_as_the_tables_write_them():
    assert Effect.PAY in intent([segment("Zapłać za prąd", Source.USER)]).effects
