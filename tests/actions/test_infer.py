"""Definitions suggest manifests: never more harmless than a name, a description or a flag allows."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.actions.infer import Definition, definitions, draft, effect_of, reads_out, toml
from shield.actions.manifest import tool
from shield.policy.schema import Effect, Role, ToolEntry

OPENAI = {
    "type": "function",
    "function": {
        "name": "send_email",
        "description": "Send a mail.",
        "parameters": {
            "type": "object",
            "properties": {
                "to": {"type": "array"},
                "body": {"type": "string"},
                "urgent": {"type": "boolean"},
                "folder": {"enum": ["a", "b"]},
            },
        },
    },
}
ANTHROPIC = {
    "name": "pay_invoice",
    "description": "",
    "input_schema": {"properties": {"recipient": {}}},
}
MCP = {
    "name": "lookup",
    "inputSchema": {"properties": {"when": {"format": "date-time"}}},
    "annotations": {"readOnlyHint": True},
}


@pytest.mark.parametrize(
    ("name", "effect"),
    [
        ("get_unread_emails", Effect.READ),
        ("listTransactions", Effect.READ),
        ("search_web", Effect.FETCH),
        ("get_webpage", Effect.FETCH),
        ("create_event", Effect.WRITE),
        ("send_email", Effect.SEND),
        ("reply", Effect.SEND),
        ("share_file", Effect.SHARE),
        ("invite_user", Effect.SHARE),
        ("send_money", Effect.PAY),
        ("schedule_transaction", Effect.PAY),
        ("book_hotel", Effect.PAY),
        ("delete_email", Effect.DELETE),
        ("clear_cart", Effect.DELETE),
        ("run_sql", Effect.EXEC),
        ("reset_password", Effect.ACCOUNT),
        ("save_memory", Effect.MEMORY),
        ("frobnicate", Effect.EXEC),
        ("", Effect.EXEC),
    ],
)
def test_a_name_allows_an_effect(name, effect):
    assert effect_of(name) is effect


def test_a_description_makes_a_tool_graver_and_never_more_harmless():
    assert effect_of("get_report", "Sends the report to everybody.") is Effect.SEND
    assert effect_of("delete_all", "Reads the list, changes nothing.") is Effect.DELETE


@pytest.mark.parametrize(
    ("notes", "effect"),
    [
        ({"readOnlyHint": True}, Effect.DELETE),
        ({"destructiveHint": False}, Effect.DELETE),
        ({"openWorldHint": False}, Effect.DELETE),
    ],
)
def test_what_a_server_claims_lowers_nothing(notes, effect):
    assert effect_of("delete_file", "", notes) is effect


@pytest.mark.parametrize(
    ("notes", "effect"),
    [
        ({"destructiveHint": True}, Effect.DELETE),
        ({"readOnlyHint": False}, Effect.WRITE),
        ({"openWorldHint": True}, Effect.FETCH),
        ({}, Effect.READ),
    ],
)
def test_what_a_server_admits_raises(notes, effect):
    assert effect_of("get_thing", "", notes) is effect


def test_three_dialects_are_read():
    found = definitions([OPENAI, ANTHROPIC, MCP])
    assert [d.name for d in found] == ["send_email", "pay_invoice", "lookup"]
    assert set(found[0].arguments) == {"to", "body", "urgent", "folder"}
    assert (
        definitions({"tools": [MCP]})
        == definitions({"result": {"tools": [MCP]}})
        == definitions(MCP)
    )


@pytest.mark.parametrize(
    "document",
    [None, 3, "x", [3], [{}], [{"name": ""}], [{"name": "a", "parameters": []}], {"a": 1}],
)
def test_what_is_no_definition_is_an_error(document):
    with pytest.raises(ValueError, match=r"tool|definition"):
        definitions(document)


def test_flags_and_choices_are_free_and_who_is_paid_is_an_account():
    mail, pay, _ = (draft(d) for d in definitions([OPENAI, ANTHROPIC, MCP]))
    assert mail.roles == {"to": Role.RECIPIENT, "body": Role.CONTENT, "folder": Role.FREE}
    assert pay.roles == {"recipient": Role.ACCOUNT}


def test_signing_in_sets_no_secret():
    made = Definition("login_shop", "", {"properties": {"password": {}}}, {}, {})
    assert draft(made).roles == {"password": Role.FREE}
    entry = ToolEntry(effect="write", roles={"password": "free"})
    known = tool("login_shop", {"login_shop": entry})
    assert known is not None
    assert known.role("/password") is Role.FREE


def test_a_key_that_is_taken_away_is_an_object():
    made = Definition("delete_ssh_key", "", {"properties": {"ssh_key": {}}}, {}, {})
    assert draft(made).roles == {"ssh_key": Role.OBJECT_REF}


def test_a_tool_that_hands_out_documents_is_nobodys_word():
    assert reads_out("read_file")
    assert reads_out("getWebPage")
    assert not reads_out("get_contacts")


def test_a_draft_is_a_policy_table():
    shown = tomllib.loads(toml(draft(d) for d in definitions([OPENAI, ANTHROPIC, MCP])))
    entries = {name: ToolEntry.model_validate(entry) for name, entry in shown["tools"].items()}
    assert entries["send_email"].roles["to"] is Role.RECIPIENT
    assert entries["lookup"].effect is Effect.EXEC or entries["lookup"].effect is Effect.READ


@given(st.text(min_size=1, max_size=30), st.text(max_size=60))
def test_no_name_or_description_breaks_the_draft(name, description):
    made = Definition(name, description, {"properties": {name: {}}}, {}, {})
    assert name in tomllib.loads(toml([draft(made)]))["tools"]
