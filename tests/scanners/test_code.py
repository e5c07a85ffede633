"""Code is found and named; prose that talks about code, tables and formulas pass."""

import json
from typing import get_args

import pytest
from pydantic import ValidationError

from shield.scanners.code import CodeLanguage, CodeOptions, sureness
from shield.text.programs import LANGUAGES, SIGNS, TAGS
from shield.types import Checkpoint, Severity, Source

SAMPLES = [
    ("python", "def area(w, h):\n    return w * h\n\nprint(area(2, 3))"),
    ("python", "import os\nfor name in os.listdir('.'):\n    print(name)"),
    ("python", "class Shop(Base):\n    total = 0\n"),
    ("python", "from pathlib import Path\nrows = [r.strip() for r in Path('a').open()]"),
    ("javascript", "const add = (a, b) => a + b;\nconsole.log(add(1, 2));"),
    ("javascript", "function greet(name) {\n  return `Hello ${name}`;\n}"),
    ("javascript", "interface User {\n  name: string;\n  age: number;\n}"),
    ("javascript", "const fs = require('fs');"),
    (
        "java",
        "public class Main {\n  public static void main(String[] a) {\n    System.out.println(1);\n  }\n}",
    ),
    (
        "java",
        'private final int count;\n@Override\npublic String toString() { return "" + count; }',
    ),
    ("kotlin", "data class Point(val x: Int, val y: Int)\nfun sum(p: Point) = p.x + p.y"),
    ("c", '#include <stdio.h>\nint main(void) {\n  printf("hi\\n");\n}'),
    ("c", "std::vector<int> v;\nfor (auto x : v) std::cout << x;"),
    ("csharp", "using System;\nnamespace Shop {\n  class A { public int B { get; set; } }\n}"),
    (
        "go",
        "package main\n\nfunc main() {\n\tx, err := read()\n\tif err != nil {\n\t\tpanic(err)\n\t}\n}",
    ),
    ("rust", 'fn main() {\n    let mut total = 0;\n    println!("{}", total);\n}'),
    ("rust", "#[derive(Debug)]\nstruct P;\nimpl Shape for P {\n}"),
    (
        "swift",
        "import SwiftUI\nfunc add(a: Int, b: Int) -> Int { a + b }\nguard let x = y else { return }",
    ),
    ("php", '<?php\n$total = 5;\necho "Total: $total";'),
    ("ruby", "items.each do |item|\n  puts item\nend"),
    ("ruby", "require 'json'\ndef load\n  JSON.parse(x)\nend"),
    ("perl", "use strict;\nmy @rows = <STDIN>;\nprint if $x =~ /abc/;"),
    ("lua", "local function add(a, b)\n  return a + b\nend"),
    ("shell", "#!/bin/bash\nfor f in *.txt; do\n  wc -l $f\ndone"),
    ("shell", "curl -s https://a.example/x | sh"),
    ("shell", "sudo apt install nginx\ngit clone https://git.example/x.git && cd x"),
    ("powershell", "Get-Process | Where-Object { $_.CPU -gt 10 }"),
    ("sql", "SELECT name, price FROM items WHERE price > 5 ORDER BY price;"),
    ("sql", "select * from users where id = 1"),
    ("sql", "insert into t (a, b) values (1, 2);"),
    ("sql", "drop table users;"),
    ("html", "<!DOCTYPE html>\n<html><body><p>Hi</p></body></html>"),
    ("html", '<div class="a"><span id="b">x</span></div>'),
    ("css", ".card {\n  color: red;\n  margin: 0 auto;\n}"),
    ("r", "library(ggplot2)\nm <- mean(x)\nggplot(d, aes(x, y))"),
    ("python", "```py\nx = 5\n```"),
    ("rust", "~~~rust\nmatch x { _ => 1 }\n~~~"),
    ("c", "```c++ title=a\nx = 5;\n```"),
]


@pytest.fixture
def find(alone):
    return alone("code", {})


def counted(findings):
    return {f.rule for f in findings if f.score >= 0.5}


@pytest.mark.parametrize(("language", "text"), SAMPLES)
def test_code_is_found_and_named(find, language, text):
    assert counted(find(text)) == {f"code/{language}"}


@pytest.mark.parametrize(("language", "text"), SAMPLES)
def test_code_in_an_allowed_language_passes(alone, language, text):
    assert counted(alone("code", {"allow": [language]})(text)) == set()


def test_talk_about_code_tables_and_formulas_pass(find, root):
    file = root / "attack_corpus" / "near_miss" / "code.jsonl"
    cases = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    turns = [turn for case in cases for turn in case["turns"]]
    flagged = [t["text"] for t in turns if counted(find(t["text"]))]
    assert len(cases) >= 30
    assert flagged == []


def test_a_denied_language_is_reported_and_others_are_not(alone):
    find = alone("code", {"deny": ["sql", "shell"]})
    assert counted(find("select * from users where id = 1")) == {"code/sql"}
    assert counted(find("def area(w, h):\n    return w * h")) == set()


def test_a_language_that_is_allowed_takes_away_from_a_denied_one(alone):
    text = "function f($a) { return $a; }"
    both = {f.rule: f.score for f in alone("code", {})(text)}
    (only,) = alone("code", {"allow": ["javascript"]})(text) or [None]
    assert both
    assert only is None or only.score < max(both.values())


def test_each_block_has_its_span(find):
    prose = "This is what I tried.\n" * 6
    text = f"{prose}\ndef a(x):\n    return x\n{prose}\ndef b(y):\n    return y\n{prose}"
    (finding,) = find(text)
    shown = [text[s.start : s.end] for s in finding.spans]
    assert [s.partition("(")[0] for s in shown] == ["def a", "def b"]
    assert finding.severity is Severity.WARNING


def test_blocks_in_two_languages_are_two_findings(find):
    prose = "and then\n" * 8
    text = f"def a(x):\n    return x\n{prose}SELECT a FROM b WHERE c = 1;"
    assert counted(find(text)) == {"code/python", "code/sql"}


def test_one_weak_sign_is_not_enough_however_often_it_stands(find):
    text = "else:\n" * 50
    assert counted(find(text)) == set()


def test_answers_are_read_documents_only_where_the_policy_says_so(alone, find):
    text = "drop table users;"
    assert find(text, source=Source.ASSISTANT, at=Checkpoint.OUTPUT)
    assert find(text, source=Source.DOCUMENT) == find(text, source=Source.SYSTEM) == []
    assert alone("code", {"surfaces": ["data"]})(text, source=Source.DOCUMENT)


@pytest.mark.parametrize("text", ["", "\n\n", "```python\n```", "```\n", "``` ```"])
def test_nothing_is_no_code(find, text):
    assert counted(find(text)) == set()


def test_the_languages_of_the_options_are_those_of_the_signs():
    assert get_args(CodeLanguage) == LANGUAGES
    assert set(TAGS.values()) == set(LANGUAGES)
    assert {sign.language for sign in SIGNS} == set(LANGUAGES)


def test_a_pattern_never_matches_where_its_literal_is_not():
    for language, text in SAMPLES:
        for sign in SIGNS:
            if sign.language == language and sign.pattern.search(text):
                assert any(literal in text for literal in sign.literals), sign


def test_sureness_grows_with_weight():
    assert sureness(1.3) < 0.5 < sureness(2.6) < sureness(5.0) <= 1.0


@pytest.mark.parametrize("options", [{"allow": ["cobol"]}, {"deny": ["Python"]}, {"block": ["c"]}])
def test_options_that_do_not_fit_are_refused(options):
    with pytest.raises(ValidationError, match=next(iter(options))):
        CodeOptions.model_validate(options)
