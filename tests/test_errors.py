"""The exceptions: what they say, and that they stand in one tree."""

from pathlib import Path

import pytest

from shield import errors
from shield.errors import BlockedError, PolicyError, SetupError, ShieldError, WireError

KINDS = [value for value in vars(errors).values() if isinstance(value, type)]


@pytest.mark.parametrize("kind", [k for k in KINDS if issubclass(k, Exception)])
def test_every_exception_is_caught_by_the_root(kind):
    assert issubclass(kind, ShieldError)


@pytest.mark.parametrize("name", ["PolicyError", "ModelError", "CorpusError"])
def test_everything_that_is_wrong_before_the_first_request_is_a_setup_error(name):
    assert issubclass(getattr(errors, name), SetupError)


def test_a_setup_error_says_where_what_and_how_to_mend_it():
    error = PolicyError("unknown key", where=Path("policy.toml"), line=7, mend="remove it")
    assert str(error) == "policy.toml:7: unknown key\n  mend: remove it"


def test_a_setup_error_without_a_line_names_the_file():
    assert str(PolicyError("unreadable", where="policy.toml")) == "policy.toml: unreadable"


def test_a_setup_error_without_a_place_says_what_is_wrong():
    assert str(SetupError("no policy")) == "no policy"


def test_a_setup_error_keeps_its_parts_for_programs():
    error = PolicyError("unknown key", where=Path("policy.toml"), line=7, mend="remove it")
    assert (error.what, error.where, error.line, error.mend) == (
        "unknown key",
        "policy.toml",
        7,
        "remove it",
    )


def test_a_wire_error_carries_its_http_status_and_a_stable_word():
    error = WireError(413, "too_large", "the body is too large")
    assert (error.status, error.code, str(error)) == (413, "too_large", "the body is too large")


def test_a_blocked_error_names_the_verdict_and_nothing_else():
    error = BlockedError("v42")
    assert (str(error), error.verdict_id) == ("blocked by policy (verdict v42)", "v42")
