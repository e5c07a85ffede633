"""Links that lead elsewhere than they seem to are found; honest ones pass."""

import json

import pytest

from shield.scanners.urls import Urls, UrlsOptions
from tests.scanners.answers import NOTHING, asked, subject

ask = asked("urls")
TRICKS = [
    ("ip-literal", "http://8.8.8.8/login"),
    ("ip-literal", "http://2130706433/"),
    ("ip-literal", "http://0x7f.0.0.1/"),
    ("ip-literal", "http://0251.0376.0251.0376/latest/meta-data"),
    ("ip-literal", "[here](http://3232235777/admin)"),
    ("userinfo", "https://www.paypal.com@evil.example/"),
    ("userinfo", "https://accounts.google.com:443@evil.example/"),
    ("userinfo", "https://bank.example%2f@evil.example/"),
    ("look-alike", "https://xn--pypal-4ve.com/"),
    ("look-alike", "https://раураl.com/"),
    ("look-alike", "https://\u0261oogl\u0435.com/"),
    ("mismatch", "[www.bank.example](https://evil.test/login)"),
    ("mismatch", "[https://bank.example/login](https://evil.test/login)"),
    ("mismatch", "[bank.example](http://bank.example.evil.test/)"),
    ("program", "[open](javascript:alert(document.cookie))"),
    ("program", "[open](JaVaScRiPt:alert(1))"),
    ("program", '<a href="java\tscript:alert(1)">x</a>'),
    ("program", '<a href="java&#115;cript:alert(1)">x</a>'),
    ("program", '<iframe src="data:text/html;base64,PHNjcmlwdD4=">'),
    ("program", "[x](vbscript:msgbox)"),
]
HONEST = [
    "https://docs.python.org/3/",
    "[www.bank.example](https://bank.example/login)",
    "[bank.example](https://secure.bank.example/login)",
    "[the bank](https://bank.example)",
    "[Section 2.1](https://bank.example)",
    "https://münchen.de/ and https://пример.рф/ and https://例え.jp/",
    "http://127.0.0.1:8000/docs",
    "http://192.168.1.1/ is your router",
    "git clone https://user:token@git.example.org/project.git",
    "https://medium.com/@somebody/a-post",
    "![dot](data:image/png;base64,iVBORw0KGgo=)",
    "`curl http://8.8.8.8/`",
    "version 10.2.3.4 was released",
]


@pytest.mark.parametrize(("rule", "text"), TRICKS)
def test_a_trick_is_found(rule, text):
    assert ask(f"Please open {text} now.")[rule] >= 0.5


@pytest.mark.parametrize("text", HONEST)
def test_an_honest_link_passes(text):
    assert max(ask(text).values(), default=0) < 0.5


def test_a_denied_host_is_reported_in_code_and_where_the_user_named_it():
    denying = asked("urls", {"deny": [".evil.example"]})

    assert denying("https://a.evil.example/")["denied-host"] == 1.0
    assert denying("`https://evil.example/`")["denied-host"] == 1.0
    assert denying("https://evil.example/", user="https://evil.example/")["denied-host"] == 1.0
    assert denying("https://notevil.example/") == {}


def test_with_a_list_all_other_hosts_are_reported():
    allowing = asked("urls", {"allow": ["example.org", ".example.net"], "deny": ["b.example.net"]})

    assert allowing("https://example.org/ https://a.example.net/") == {}
    assert allowing("https://other.example/")["other-host"] == 1.0
    assert allowing("https://b.example.net/")["denied-host"] == 1.0
    assert allowing("https://other.example/", user="https://other.example/") == {}


@pytest.mark.parametrize("host", ["exarnple.org", "examp1e.org", "еxample.org", "EXAMPLE.0rg"])
def test_a_host_that_looks_like_a_trusted_one_is_reported(host):
    trusting = asked("urls", {"trusted": ["example.org"]})

    assert trusting(f"https://{host}/")["look-alike"] >= 0.8
    assert trusting("https://www.example.org/") == {}


def test_links_of_the_user_are_not_held_against_the_answer():
    link = "http://8.8.8.8/login"
    assert ask(f"I opened {link}.", user=f"What is {link}?") == {}


def test_a_finding_says_where():
    text = "Click [www.bank.example](https://evil.test/login)."
    (finding,) = Urls(UrlsOptions(), NOTHING).scan(subject(text))
    (span,) = finding.spans

    assert text[span.start : span.end] == "https://evil.test/login"
    assert "evil" not in repr(finding)


@pytest.mark.parametrize("kind", ["attacks", "near_miss"])
def test_the_tune_cases_of_the_corpus(root, kind):
    name = "deceptive_links" if kind == "attacks" else "urls"
    lines = (root / "attack_corpus" / kind / f"{name}.jsonl").read_text("utf-8").splitlines()
    right = 0
    for case in map(json.loads, lines):
        *before, last = case["turns"]
        user = " ".join(t["text"] for t in before if t["source"] == "user")
        score = max(ask(last["text"], user=user).values(), default=0)
        right += (score >= 0.5) is (kind == "attacks")
    assert len(lines) >= 30
    assert right >= 0.9 * len(lines)
