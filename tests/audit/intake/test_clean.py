"""Personal data and credentials are cut and counted; a text that was not looked through is no case."""

from collections import Counter
from pathlib import Path

import pytest

from shield.audit.corpus import Call, Turn
from shield.audit.intake.clean import Cleaner, UnscannedError
from shield.findings import failed
from shield.pipeline import Detection
from shield.policy.load import Policy
from shield.types import Coverage, Skip, SkipReason, Source

KEY = "ghp_" + "a8Fk20sLq9ZxW3vT7nRb5Yc1Md4Ge6Hj0PoU"


@pytest.fixture(scope="module")
def cleaner(policy: Policy):
    made = Cleaner(policy)
    yield made
    made.close()


def test_every_text_of_a_conversation_is_cleaned(cleaner: Cleaner) -> None:
    turns = (
        Turn(Source.SYSTEM, "Mail goes to anna.berg@example.com."),
        Turn(Source.USER, "My card is 4111 1111 1111 1111, and mail anna.berg@example.com."),
        Turn(Source.DOCUMENT, "x", name="mailto:anna.berg@example.com"),
        Turn(
            Source.ASSISTANT,
            call=Call("pay", {"to": ["anna.berg@example.com"], "card": 4111111111111111, "n": 2}),
        ),
    )
    found = cleaner.clean(turns, "from anna.berg@example.com")
    shown = repr(found.turns) + found.note
    assert "anna" not in shown
    assert "4111" not in shown
    assert found.turns[3].call is not None
    assert found.turns[3].call.arguments["n"] == 2
    # The model may mark one of the addresses as something else; each is cut once in any case.
    assert found.removed["email-address"] >= 4
    assert sum(found.removed.values()) == 7


def test_credentials_are_cut_too(cleaner: Cleaner) -> None:
    found = cleaner.clean((Turn(Source.TOOL, f"token: {KEY}", name="vault"),))
    assert KEY not in repr(found.turns)
    assert sum(found.removed.values()) == 1


def test_what_holds_nothing_stays_as_it_is(cleaner: Cleaner) -> None:
    turns = (Turn(Source.USER, "How long do I have to boil an egg?\n\n\u200b"),)
    assert cleaner.clean(turns) == (turns, "", Counter())


def test_names_that_become_one_are_refused(cleaner: Cleaner) -> None:
    call = Call("x", {"a.berg@example.com": 1, "b.berg@example.com": 2})
    with pytest.raises(UnscannedError, match="same name"):
        cleaner.clean((Turn(Source.ASSISTANT, call=call),))


@pytest.mark.parametrize(
    "found",
    [
        Detection((failed("pii", "timeout"),), Coverage()),
        Detection((), Coverage(skipped=(Skip("/turns/1/text", SkipReason.LIMIT),))),
    ],
)
def test_a_text_that_was_not_looked_through_is_refused(
    cleaner: Cleaner, monkeypatch, found: Detection
) -> None:
    monkeypatch.setattr(cleaner._pipeline, "run", lambda *_, **__: found)
    with pytest.raises(UnscannedError):
        cleaner.clean((Turn(Source.USER, "x"),))


def test_the_policys_own_switches_do_not_matter(policy: Policy, tmp_path: Path) -> None:
    entry = policy.document.scanners["pii"].model_copy(update={"level": 9, "spare_own": True})
    quiet = policy.document.model_copy(
        update={"scanners": {"pii": entry}, "mode": "observe", "level": 1}
    )
    made = Cleaner(policy.with_document(quiet))
    found = made.clean((Turn(Source.USER, "I am anna.berg@example.com"),))
    made.close()
    assert found.removed == {"email-address": 1}
