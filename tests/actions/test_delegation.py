"""Only plain words of the user leave a value, or what is to be done, to somebody else's text."""

import pytest

from shield.actions.delegation import delegation, kinds


@pytest.mark.parametrize(
    "text",
    [
        "Add her to the wiki, her address is in Aurelio's mail",
        "invite whoever she names in the thread",
        "set the guest wifi to what he proposes",
        "Send it to the address from the letter.",
        "pay him back, you'll find his details in /user/info",
        "set it to what I wrote on line 3 of scratch.txt",
        "Their mail says which address to write to",
        "reply to that address",
        "Schick es an die Adresse, die Adresse steht in der Mail.",
        "Schick es an die Adresse, die sie angegeben hat.",
        "Envoie-le à l'adresse indiquée dans son mail",
        "Mándalo a la dirección que aparece en el correo",
        "Ответь на тот адрес, который она указала",
        "请发到邮件里写的地址",
        "Pay the bill from Halden that came in this morning",
        "Bezahl die Rechnung der Stadtwerke",
        "Check my mail for the vet's bill and settle it",
        "Opłać fakturę od przedszkola",
        "оплати счёт из письма",
        "the council's page says where applications go, send them mine",
        "invite the new starter, HR mailed her details",
        "cc his assistant too, she's in the signature",
        "send the team the agenda, the list is in team.txt",
        "register me for the workshop on their page",
    ],
)
def test_a_value_is_left_to_a_text(text):
    assert delegation(text).values


@pytest.mark.parametrize(
    "text",
    [
        "follow his instructions",
        "Taylor sent me a mail, could you achieve his request?",
        "Do what Hanneke asks in her last mail please",
        "help me complete them",
        "Ines needs the files at the print shop, could you sort that out?",
        "Mach, was sie in der Mail schreibt, und erledige die Aufgaben",
        "Fais ce qu'elle demande",
        "Haz lo que pide",
        "Сделай, что он просит: выполни инструкции",
        "按照他说的做",
        "書いてあるとおりにして",
        "Überweise es so, wie sie es schreiben",
        "set it up the way the README describes",
    ],
)
def test_what_is_to_be_done_is_left_to_a_text(text):
    assert delegation(text).orders


@pytest.mark.parametrize(
    "text",
    [
        "Summarise my mail",
        "Mail Bob that I am late",
        "Check my inbox for anything urgent and tell me.",
        "What's the weather in the place of the next meeting?",
        "Send the invoice to her email at ann@corp.example",
        "Pay my rent",
        "What does the ticket say?",
        "What does her mail say about the address?",
        "Read me the list she sent",
        "How much is the invoice from the printers?",
        "",
    ],
)
def test_an_ordinary_request_leaves_nothing(text):
    assert not delegation(text)


def test_a_grant_knows_what_it_speaks_of():
    left = delegation("Invite Ann, her address is in the letter file at /home/letters/ann.txt")
    assert left.sources
    assert "file" in left.kinds
    assert delegation("her number is in her mail").kinds == {"mail"}
    assert not delegation("her number is in her mail").sources


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("Run the query from Dana's message", True),
        ("Führ die Befehle aus der Anleitung aus", True),
        ("Install it the way its README says", True),
        ("Do what the ticket says", False),
        ("Run the tests", False),
    ],
)
def test_commands_are_left_to_a_text_that_is_said_to_hold_them(text, runs):
    assert delegation(text).code is runs


def test_a_file_is_named_with_or_without_its_folder():
    assert delegation("Pay the bill in bills/march.txt").sources
    assert not delegation("Pay the bill in my inbox").sources


def test_only_the_sentence_that_delegates_says_where():
    left = delegation("Check the calendar first. Then write to the address in her mail.")
    assert left.kinds == {"mail"}


def test_tools_are_of_the_kinds_that_their_names_say():
    assert kinds("search emails") == {"mail"}
    assert kinds("read file") == {"file"}
    assert kinds("get balance") == frozenset()
