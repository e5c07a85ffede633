"""Reports say the same in every format, and a file's name chooses it."""

import csv
import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from shield.audit import formats
from shield.audit.formats import WRITERS
from shield.audit.report import Report
from shield.errors import CorpusError


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_format_names_each_group(made: Report, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "new" / f"report{suffix}"
    formats.write(made, path)
    text = path.read_text("utf-8")
    assert "override" in text
    assert "chat" in text


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".md", ".html"])
def test_what_people_read_says_that_there_is_no_log(made: Report, suffix: str) -> None:
    assert "no production log" in WRITERS[suffix](made)


def test_the_page_is_self_contained(made: Report) -> None:
    page = formats.as_html(made)
    assert "http" not in page
    assert "<script" not in page


def test_the_page_escapes_what_corpora_call_themselves(made: Report) -> None:
    assert "<b>x" not in formats.as_html(replace(made, policy="<b>x"))


@pytest.mark.parametrize("name", ["report.pdf", "report.xml", "report"])
def test_an_unknown_format_names_the_known_ones(made: Report, tmp_path: Path, name: str) -> None:
    with pytest.raises(CorpusError, match=r"\.json, \.jsonl, \.md, .*\.junit\.xml, \.sarif"):
        formats.write(made, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_json_holds_every_case(made: Report) -> None:
    assert len(json.loads(formats.as_json(made))["results"]) == 408


def test_lines_are_a_summary_and_a_case_each(made: Report) -> None:
    first, *rest = map(json.loads, formats.as_jsonl(made).splitlines())
    assert (first["type"], first["passed"], "results" in first) == ("summary", made.passed, False)
    assert len(rest) == 408
    assert {row["type"] for row in rest} == {"case"}
    assert sum(row["wrong"] for row in rest) == 2


def test_a_table_has_a_row_a_case(made: Report) -> None:
    rows = list(csv.DictReader(formats.as_csv(made).splitlines()))
    assert len(rows) == 408
    wrong = [(row["id"], row["kind"]) for row in rows if row["wrong"] == "True"]
    assert wrong == [("override-7", "attacks"), ("chat-0", "benign")]
    assert rows[0]["elapsed_ms"] == "1.000"


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "-2", "+3"])
def test_no_cell_is_a_formula(made: Report, name: str) -> None:
    shown = replace(made, results=(replace(made.results[0], id=name),))
    (row,) = csv.DictReader(formats.as_csv(shown).splitlines())
    assert row["id"] == f"'{name}"


def test_commas_quotes_and_line_breaks_stay_in_their_cell(made: Report) -> None:
    shown = replace(made, results=(replace(made.results[0], id='a,"b"\nc'),))
    (row,) = csv.DictReader(formats.as_csv(shown).splitlines(keepends=True))
    assert row["id"] == 'a,"b"\nc'
