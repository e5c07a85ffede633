"""Every known form is read record by record, and what is no conversation says why, without text."""

import json
from pathlib import Path

import pytest

from shield.audit.corpus import Call, Turn
from shield.audit.intake.readers import read
from shield.audit.intake.rows import Row, Shape
from shield.errors import CorpusError
from shield.types import Decision, Source

SECRET = "marzipan"


def rows(folder: Path, name: str, text: str, form: str = "", **shape) -> list[Row]:
    path = folder / name
    path.write_text(text, "utf-8")
    return read(path, form, Shape(**shape))


def lines(*records: object) -> str:
    return "\n".join(json.dumps(record) for record in records)


def user(text: str) -> tuple[Turn, ...]:
    return (Turn(Source.USER, text),)


@pytest.mark.parametrize("field", ["text", "prompt", "input", "query"])
def test_a_log_line_is_the_text_of_its_usual_field(tmp_path: Path, field: str) -> None:
    (found,) = rows(tmp_path, "a.jsonl", lines({field: "Hi", "lang": "de", "id": 4}))
    assert (found.turns, found.lang, found.place) == (user("Hi"), "de", "1")


def test_a_named_field_and_a_source_win(tmp_path: Path) -> None:
    made = lines({"text": "no", "body": "yes"})
    (found,) = rows(tmp_path, "a.ndjson", made, field="body", source=Source.DOCUMENT)
    assert found.turns == (Turn(Source.DOCUMENT, "yes"),)


def test_messages_keep_roles_parts_calls_and_the_names_of_tools(tmp_path: Path) -> None:
    called = {"id": "c1", "function": {"name": "mail", "arguments": '{"to": "bob"}'}}
    record = {
        "messages": [
            {"role": "developer", "content": "Be kind."},
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"text": "b"}]},
            {"role": "assistant", "content": None, "tool_calls": [called]},
            {"role": "tool", "tool_call_id": "c1", "content": "sent"},
        ]
    }
    (found,) = rows(tmp_path, "a.jsonl", lines(record))
    assert found.turns == (
        Turn(Source.SYSTEM, "Be kind."),
        Turn(Source.USER, "a\nb"),
        Turn(Source.ASSISTANT, call=Call("mail", {"to": "bob"})),
        Turn(Source.TOOL, "sent", name="mail"),
    )


def test_a_line_of_a_corpus_is_read_as_it_is(tmp_path: Path) -> None:
    record = {"turns": [{"source": "document", "text": "x", "name": "u"}], "expect": "redact"}
    (found,) = rows(tmp_path, "a.jsonl", lines(record))
    assert (found.turns, found.expect) == (
        (Turn(Source.DOCUMENT, "x", name="u"),),
        Decision.REDACT,
    )


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ([SECRET], "not an object"),
        ({"other": SECRET}, "no field of text"),
        ({"text": 7}, "no string"),
        ({"text": "  \u2003"}, "blank"),
        ({"turns": []}, "no turns"),
        ({"turns": [{"source": "user", "txt": SECRET}]}, "none of a case"),
        ({"messages": []}, "no messages"),
        ({"messages": [SECRET]}, "no object"),
        ({"messages": [{"role": SECRET, "content": "x"}]}, "no known role"),
        ({"messages": [{"role": "user", "content": [{"image_url": SECRET}]}]}, "no text"),
        ({"messages": [{"role": "user", "content": 5}]}, "no text"),
        ({"messages": [{"role": "assistant", "content": ""}]}, "says anything"),
        ({"messages": [{"role": "assistant", "tool_calls": [{"function": {}}]}]}, "a call"),
        ({"messages": [{"role": "assistant", "tool_calls": ["x"]}]}, "a call"),
        ({"text": SECRET, "expect": SECRET}, "expect is none of"),
    ],
)
def test_what_is_no_conversation_says_why_and_repeats_nothing(tmp_path: Path, record, why) -> None:
    bad, good = rows(tmp_path, "a.jsonl", lines(record, {"text": "fine"}))
    assert why in bad.why
    assert SECRET not in bad.why
    assert (bad.turns, good.why) == ((), "")


def test_hostile_lines_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    text = "\n".join(["{", "[" * 50_000, '{"text": "\\ud800"}', "", '{"text": "ok\u2028ay"}'])
    found = rows(tmp_path, "a.jsonl", text)
    assert [(r.place, bool(r.why)) for r in found] == [
        ("1", True),
        ("2", True),
        ("3", True),
        ("5", False),
    ]


def test_a_table_has_a_row_a_record(tmp_path: Path) -> None:
    text = 'prompt,lang,expect\n"two\nlines",fr,\nHi,,redact\n,en,\na,b,allow,d\n'
    first, second, blank, long = rows(tmp_path, "a.csv", text)
    assert (first.turns, first.lang) == (user("two\nlines"), "fr")
    assert (second.expect, second.place) == (Decision.REDACT, "4")
    assert "no field" in blank.why
    assert "more cells" in long.why


def test_a_broken_table_is_refused_whole(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="not CSV"):
        rows(tmp_path, "a.csv", 'text\n"open')


PROMPTFOO = """
redteam: {injectVar: ask}
tests:
  - vars: {ask: Tell me., tone: rude}
    metadata: {pluginId: hijacking, language: es}
  - vars: {tone: rude}
  - file://more.yaml
  - vars: {ask: [a, b]}
  - vars: {ask: file://x.txt}
  - vars: {ask: [{role: user, content: Hi}]}
"""


def test_tests_of_promptfoo(tmp_path: Path) -> None:
    found = rows(tmp_path, "p.yaml", PROMPTFOO)
    assert (found[0].turns, found[0].lang) == (user("Tell me."), "es")
    assert (found[0].note, found[0].place) == ("promptfoo hijacking", "test 1")
    assert ["no var" in found[1].why, "another file" in found[2].why] == [True, True]
    assert ["one test each" in found[3].why, "another file" in found[4].why] == [True, True]
    assert found[5].turns == user("Hi")


@pytest.mark.parametrize(
    "document",
    [
        [{"vars": {"anything": "Hi"}}],
        {"tests": [{"vars": {"prompt": "Hi", "tone": "x"}}]},
        {"results": {"results": [{"vars": {"q": "Hi"}}]}},
        {"results": [{"testCase": {"vars": {"q": "Hi"}}}]},
    ],
)
def test_the_other_shapes_of_promptfoo(tmp_path: Path, document: object) -> None:
    (found,) = rows(tmp_path, "p.json", json.dumps(document))
    assert found.turns == user("Hi")


def test_several_vars_without_a_usual_name_ask_for_one(tmp_path: Path) -> None:
    made = '[{"vars": {"a": "x", "b": "y"}}]'
    assert "--field" in rows(tmp_path, "p.json", made)[0].why
    assert rows(tmp_path, "p.json", made, field="b")[0].turns == user("y")


@pytest.mark.parametrize(
    "text", ["a: [", "{}", "tests: 5", "!!python/object:os.system x", "&a [*a"]
)
def test_what_is_no_promptfoo_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CorpusError, match=r"p\.yaml"):
        rows(tmp_path, "p.yaml", text)


def attempt(prompt: object, **changes: object) -> dict[str, object]:
    made = {"entry_type": "attempt", "uuid": "u1", "status": 1, "probe_classname": "dan.Dan"}
    return {**made, "prompt": prompt, **changes}


CHAT = {
    "turns": [
        {"role": "system", "content": {"text": "Be kind.", "lang": "*"}},
        {"role": "user", "content": {"text": "Do it.", "lang": "fr", "data_path": None}},
    ]
}


def test_an_attempt_of_garak_counts_once(tmp_path: Path) -> None:
    made = lines(
        {"entry_type": "start_run setup", "seed": None},
        attempt(CHAT),
        attempt(CHAT, status=2),
        attempt("an old one", uuid="u2"),
        {"entry_type": "eval", "probe": "dan.Dan"},
    )
    first, second = rows(tmp_path, "r.jsonl", made)
    assert first.turns == (Turn(Source.SYSTEM, "Be kind."), Turn(Source.USER, "Do it."))
    assert (first.lang, first.note, first.place) == ("fr", "garak dan.Dan", "2")
    assert second.turns == user("an old one")


def test_a_hit_log_of_garak(tmp_path: Path) -> None:
    hit = {"goal": "g", "prompt": {"text": "Do it."}, "attempt_id": "a", "detector": "d"}
    made = lines({**hit, "probe": "dan.Dan"}, {**hit, "probe": "dan.Dan", "output": "y"})
    (found,) = rows(tmp_path, "hitlog.jsonl", made)
    assert (found.turns, found.note) == (user("Do it."), "garak dan.Dan")


@pytest.mark.parametrize(
    "prompt",
    [
        None,
        {"text": ""},
        {"turns": 4},
        {"turns": [4]},
        {"turns": [{"role": "user", "content": {"text": None}}]},
        {"turns": [{"role": "user", "content": {"text": "x", "data_path": "p.png"}}]},
    ],
)
def test_a_prompt_that_is_no_text_is_named(tmp_path: Path, prompt: object) -> None:
    (found,) = rows(tmp_path, "r.jsonl", lines(attempt(prompt)))
    assert found.why
    assert not found.turns


def test_a_stranger_among_garaks_lines_is_named(tmp_path: Path) -> None:
    found = rows(tmp_path, "r.jsonl", lines(attempt("x"), {"text": "y"}))
    assert [r.why for r in found] == ["", "not a line of garak"]


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read"):
        read(tmp_path / "none.jsonl", "", Shape())
    with pytest.raises(CorpusError, match=r"a\.txt.*no known form"):
        rows(tmp_path, "a.txt", "x")
    with pytest.raises(CorpusError, match="no record"):
        rows(tmp_path, "a.jsonl", "\n\n")
    bad = tmp_path / "b.jsonl"
    bad.write_bytes(b'{"text": "a"}\n\xff\n')
    with pytest.raises(CorpusError, match=r"b\.jsonl:2: not UTF-8"):
        read(bad, "", Shape())
