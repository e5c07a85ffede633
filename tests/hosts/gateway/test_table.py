"""Routes follow the settings file: good, bad, half-written and gone."""

import threading

import pytest

from shield.hosts.app import create_app
from shield.hosts.gateway.table import Source, Tables
from shield.hosts.serve import Server
from shield.hosts.settings import Serve, load
from shield.types import Caller

from .conftest import chat

GOOD = """
[upstreams.one]
url = "{url}"
[upstreams.two]
url = "https://two.example"
[models.best]
targets = [{{upstream = "one", model = "{model}"}}]
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "sidecar.toml"
    path.write_text(written())
    return path


def written(model="large", url="https://one.example"):
    return GOOD.format(model=model, url=url)


@pytest.fixture
def tables(file):
    return Tables(load(file), Source(file, lambda: load(file)))


@pytest.fixture
def quick(file, monkeypatch):
    """The file, looked at fifty times a second."""
    monkeypatch.setattr("shield.hosts.gateway.keeper._SECONDS", 0.02)
    return file


def polled(tables):
    tables.poll()
    tables.poll()


def model(tables):
    (leg,) = tables.now.routing.legs("best", "openai", "", Caller())
    return leg.model


def test_an_alias_is_switched_while_it_serves(tables, file):
    before = tables.now
    file.write_text(written("smaller-one"))
    polled(tables)

    assert model(tables) == "smaller-one"
    assert before.routing.legs("best", "openai", "", Caller())[0].model == "large"


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "[models",
        written()[:60],
        written() + "[serve]\nhorst = 1",
        written().replace('"one", model', '"gone", model'),
        written().replace('url = "https://two.example"', 'url = "x"'),
        written() + "targts = 1",
        written() + '[upstreams.three]\nurl = "https://x"\nkey_env = "NO_SUCH_KEY"',
    ],
)
def test_a_file_that_is_wrong_changes_nothing_and_is_told(tables, file, bad, caplog, monkeypatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    file.write_text(bad)
    polled(tables)

    assert model(tables) == "large"
    assert ("kept as they were" in caplog.text) is bool(bad)
    file.write_text(written("another"))
    polled(tables)
    assert model(tables) == "another"


def test_a_file_is_read_when_it_has_stopped_changing(tables, file):
    for size in range(90, 200, 20):
        file.write_text(written("longer" * 20)[:size])
        tables.poll()
        assert model(tables) == "large"
    file.write_text(written("whole"))
    polled(tables)

    assert model(tables) == "whole"


def test_a_file_that_is_gone_changes_nothing(tables, file):
    file.unlink()
    polled(tables)

    assert model(tables) == "large"


def test_an_upstream_that_has_not_changed_keeps_its_breaker(tables, file, monkeypatch):
    kept, changed = (tables.now.services[name] for name in ("two", "one"))
    file.write_text(written(url="https://other.example"))
    polled(tables)

    assert tables.now.services["two"] is kept
    assert tables.now.services["one"] is not changed


def test_what_waits_for_the_next_start_is_named(tables, file, caplog):
    caplog.set_level("INFO")
    file.write_text(written() + "[serve]\nport = 1")
    polled(tables)

    assert "at the next start: ['serve']" in caplog.text


def test_no_request_is_lost_or_misrouted_while_the_file_changes(
    running, screen, http, upstream, quick
):
    texts = [written(name, upstream.url) for name in ("large", "small")] + ["[models"]
    quick.write_text(texts[0])
    tables = Source(quick, lambda: load(quick))
    made = create_app(load(quick), source=tables, guard=screen)
    url = running(Server(made, Serve())) + "/v1/chat/completions"
    over = threading.Event()

    def change():
        number = 0
        while not over.wait(0.1):
            number += 1
            quick.write_text(texts[number % 3])

    changing = threading.Thread(target=change)
    changing.start()
    codes = []
    while len(codes) < 40 or len({body["model"] for _, _, body in upstream.asked}) < 2:
        codes.append(http.post(url, json=chat(model="best")).status_code)
    over.set()
    changing.join()

    assert set(codes) == {200}
    assert {body["model"] for _, _, body in upstream.asked} == {"large", "small"}
    assert len(upstream.asked) == len(codes)
