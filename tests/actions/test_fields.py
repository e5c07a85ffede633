"""A name says what stands there, and the graver reading wins."""

import pytest

from shield.actions.fields import ANY, NONE, Fields, is_prose, parts, role
from shield.policy.schema import Role


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("send_email", ["send", "email"]),
        ("sendDirectMessage", ["send", "direct", "message"]),
        ("HTTPServerURL", ["http", "server", "url"]),
        ("calendar.cancel-all", ["calendar", "cancel", "all"]),
        ("", []),
    ],
)
def test_names_fall_into_words(name, words):
    assert parts(name) == words


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("to", Role.RECIPIENT),
        ("bcc", Role.RECIPIENT),
        ("new_owner_email", Role.RECIPIENT),
        ("recipientId", Role.RECIPIENT),
        ("email_id", Role.OBJECT_REF),
        ("file_path", Role.OBJECT_REF),
        ("iban", Role.ACCOUNT),
        ("amount", Role.AMOUNT),
        ("start_time", Role.DATE),
        ("webhook_url", Role.URL),
        ("new_password", Role.SECRET),
        ("ssh_key", Role.SECRET),
        ("shell_command", Role.CODE),
        ("source_code", Role.CODE),
        ("discount_code", Role.FREE),
        ("body", Role.CONTENT),
        ("limit", Role.FREE),
        ("", Role.FREE),
    ],
)
def test_an_argument_means_what_its_name_says(name, expected):
    assert role(name) is expected


@pytest.mark.parametrize("key", ["body", "Betreff", "正文", "comment_body", "mensaje", "текст"])
def test_fields_of_prose_are_known_in_several_languages(key):
    assert is_prose(key)


@pytest.mark.parametrize("key", ["id", "sender", "email", "iban", "path", "发件人"])
def test_fields_of_identifiers_are_no_prose(key):
    assert not is_prose(key)


def test_fields_are_believed_as_far_as_they_are_declared():
    assert ANY.allows("anything")
    assert not NONE.allows("id")
    some = Fields(frozenset({"id", "email"}), frozenset({"email"}))
    assert some.allows("id")
    assert not some.allows("email")
    assert not some.allows("name")
