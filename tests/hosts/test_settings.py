import pytest

from shield.errors import SetupError
from shield.hosts.settings import is_loopback, load

UPSTREAM = '[upstreams.one]\nurl = "https://api.example/v1"\n'


@pytest.fixture
def written(tmp_path):
    def make(text):
        path = tmp_path / "sidecar.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return make


def test_the_shipped_settings_are_valid(root):
    found = load(root / "sidecar" / "sidecar.toml")

    assert is_loopback(found.serve.host)
    assert found.upstreams


def test_an_empty_file_is_the_loopback_and_nothing_else(written):
    found = load(written(""))

    assert (found.serve.host, found.serve.port) == ("127.0.0.1", 8321)
    assert not found.upstreams


def test_paths_are_relative_to_the_file(written, tmp_path):
    found = load(
        written(
            'policy = "p.toml"\n[serve]\nsocket = "s"\n[ledger]\npath = "used.db"\n'
            '[[tokens]]\nname = "a"\nfile = "t"\n'
            '[upstreams.one]\nurl = "https://x"\nkey_file = "/run/k"\n'
        )
    )

    assert found.policy == tmp_path / "p.toml"
    assert found.serve.socket == tmp_path / "s"
    assert found.ledger.path == tmp_path / "used.db"
    assert found.tokens[0].file == tmp_path / "t"
    assert str(found.upstreams["one"].key_file) == "/run/k"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[serve]\nhost = "0.0.0.0"', "needs a token"),
        ('[serve]\nhost = "shield.internal"', "needs a token"),
        ("[serve]\nhorst = 1", "serve.horst"),
        ("[serve]\nport = 70000", "serve.port"),
        ('[upstreams.one]\nurl = "ftp://x"', "no http or https"),
        ('[upstreams.one]\nurl = "https://"', "no http or https"),
        ('[upstreams.one]\nurl = "https://[x"', "no http or https"),
        ('[upstreams.one]\nurl = "https://u:p@x"', "more than host"),
        ('[upstreams.one]\nurl = "https://x/?key=1"', "more than host"),
        ('[upstreams.one]\nurl = "http://api.example"\nkey_env = "K"', "unencrypted"),
        ('[models.a]\ntargets = [{upstream = "gone"}]', "no upstream 'gone'"),
        ("[models.a]\ntargets = []", "targets"),
        (
            UPSTREAM + '[upstreams.two]\nurl = "https://x"\nfamily = "anthropic"\n'
            '[models.a]\ntargets = [{upstream = "one"}]\nfallbacks = [{upstream = "two"}]',
            "two families",
        ),
        (
            UPSTREAM + 'default = true\n[upstreams.two]\nurl = "https://x"\ndefault = true',
            "two default upstreams",
        ),
        ('[[tokens]]\nname = "a"\n[[tokens]]\nname = "a"', "same name"),
        ('[[tokens]]\nname = "a"\nroles = ["root"]', "tokens"),
        ('[gateway]\npaths = ["/v1/../x"]', "no plain path"),
        ('[gateway]\npaths = ["/v1/{x}"]', "no plain path"),
        ('[gateway]\npaths = ["/metrics"]', "no plain path"),
        ("[limits]\nrequests_per_minute = 0", "requests_per_minute"),
        ('[[budgets]]\ntenant = "a"\ndollars_per_day = -1', "dollars_per_day"),
        (
            '[serve]\nworkers = 2\n[[budgets]]\ntenant = "a"\ndollars_per_day = 1',
            "through ledger.path",
        ),
        ("[prices.a]\ninput = -1", "input"),
        ("= 1", "not TOML"),
    ],
)
def test_settings_that_are_wrong_say_what_where_and_the_mend(written, text, says):
    path = written(text)

    with pytest.raises(SetupError, match="mend: ") as refused:
        load(path)

    assert says in str(refused.value)
    assert str(path) in str(refused.value)
    assert "policy schema" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SetupError, match=r"none\.toml"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "text",
    [
        '[serve]\nhost = "0.0.0.0"\n[[tokens]]\nname = "a"\nenv = "A"',
        '[serve]\nhost = "::1"',
        '[serve]\nhost = "0.0.0.0"\nsocket = "/run/x"',
        '[upstreams.one]\nurl = "http://127.0.0.1:1"\nkey_env = "K"',
        '[upstreams.one]\nurl = "http://vllm:1"\nkey_env = "K"\nplain_http = true',
    ],
)
def test_what_is_said_out_loud_is_allowed(written, text):
    load(written(text))


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("localhost", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_what_only_this_machine_reaches(host, ours):
    assert is_loopback(host) is ours
