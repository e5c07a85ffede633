"""What the process is told: `sidecar.toml` and its checks. Relative paths are relative to the file."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from annotated_types import Ge, Gt, Le, MinLen

from shield.document import Document
from shield.errors import PolicyError, SetupError
from shield.policy import toml

Positive = Annotated[int, Gt(0)]
Count = Annotated[int, Ge(0)]
Price = Annotated[float, Ge(0)]
Family = Literal["openai", "anthropic"]
RoleName = Literal["caller", "auditor", "reviewer", "operator"]
D = TypeVar("D", bound=Document)
_MEND = "sidecar/README.md lists the settings"
_PATH = re.compile(r"/v1(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")


class Serve(Document):
    """Where to listen and how much to take on.

    `socket` is the path of a Unix socket and goes before host and port. `hosts` are further names
    that a request's Host may carry, `origins` the web pages that may call. `in_flight` bounds the
    requests under way in each of the `workers`, `unjudged` those of them that are read or judged;
    one more is refused. After SIGTERM the process answers for `linger_seconds`
    as not ready, then ends what is under way for at most `drain_seconds`. A request's head, and then its
    body, must be there within `receive_seconds` each.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Ge(0), Le(65_535)] = 8321
    socket: Path | None = None
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    in_flight: Positive = 256
    unjudged: Positive = 32
    receive_seconds: Positive = 30
    linger_seconds: Count = 0
    drain_seconds: Positive = 30
    workers: Positive = 1


class Token(Document):
    """Who may call. The token is in a variable (`env`) or a file; `name` becomes the principal."""

    name: Annotated[str, MinLen(1)]
    roles: Annotated[tuple[RoleName, ...], MinLen(1)] = ("caller",)
    env: str = ""
    file: Path | None = None
    tenant: str = ""
    feature: str = ""


class Upstream(Document):
    """A model API; `url` goes up to and without its `/v1`.

    `connect_seconds` bound the connection, `idle_seconds` the silence between bytes,
    `total_seconds` the whole answer. The breaker opens after `failures` in a row, for
    `rest_seconds`. `by_header` lets callers choose it with `X-Shield-Upstream`; `default` takes
    the models that no alias names. `stream_usage` asks for token counts in chat streams.
    """

    url: str
    family: Family = "openai"
    key_env: str = ""
    key_file: Path | None = None
    plain_http: bool = False
    default: bool = False
    by_header: bool = False
    stream_usage: bool = True
    connect_seconds: Positive = 5
    idle_seconds: Positive = 120
    total_seconds: Positive = 600
    retries: Count = 1
    failures: Positive = 5
    rest_seconds: Positive = 10


class Target(Document):
    """One place that serves an alias. `model` is its own name for it; the alias when left out."""

    upstream: str
    model: str = ""
    weight: Positive = 1


class Alias(Document):
    """A model name that callers use: weighted targets, then fall-backs in order."""

    targets: Annotated[tuple[Target, ...], MinLen(1)]
    fallbacks: tuple[Target, ...] = ()


class Gateway(Document):
    """What the proxy does besides proxying.

    `paths` are further paths under `/v1/` to pass on. `token_ids` lets embeddings take token numbers,
    which nothing can read. `trust_system` believes system messages: the callers are your own.
    `refusals` is the form of a block, as of the middleware's. `gate` is how streams leave.
    """

    paths: tuple[str, ...] = ()
    token_ids: bool = False
    trust_system: bool = False
    gate: Literal["hold", "buffer", "async"] = "hold"
    refusals: Literal["error", "refusal", "annotate"] = "error"


class Dual(Document):
    """What the policy's `[dual] mode = "handles"` needs: `reader` is the model name of the quarantined
    model, an alias or one that the default upstream of the OpenAI family takes.
    """

    reader: Annotated[str, MinLen(1)] | None = None


class Limits(Document):
    """What one principal may ask for; None is no limit."""

    requests_per_minute: Positive | None = None
    tokens_per_minute: Positive | None = None
    principals: Positive = 10_000


class Rate(Document):
    """What a model costs, in US dollars per million tokens."""

    input: Price
    output: Price = 0.0


class Budget(Document):
    """What a tenant may spend in a day (UTC) on a feature; on all features when it is left out."""

    tenant: str
    feature: str | None = None
    dollars_per_day: Annotated[float, Gt(0)]


class Ledger(Document):
    """Where use is kept; in memory only when left out. `kept` bounds the rows between two writes,
    `days` how long rows stay.
    """

    path: Path | None = None
    kept: Positive = 10_000
    days: Positive = 400


class Settings(Document):
    """A settings file. Left out, `policy` is the shipped default and `state`, the folder of what operators
    order, lies beside it; `store` is the `redis://` address of what workers share.
    """

    policy: Path | None = None
    state: Path | None = None
    store: str = ""
    serve: Serve = Serve()
    tokens: tuple[Token, ...] = ()
    gateway: Gateway = Gateway()
    dual: Dual = Dual()
    upstreams: dict[str, Upstream] = {}  # noqa: RUF012 — pydantic copies defaults
    models: dict[str, Alias] = {}  # noqa: RUF012
    prices: dict[str, Rate] = {}  # noqa: RUF012
    limits: Limits = Limits()
    budgets: tuple[Budget, ...] = ()
    ledger: Ledger = Ledger()


def load(path: Path) -> Settings:
    """The settings in a file, checked.

    Raises:
        SetupError: it cannot be read, does not fit the schema, or contradicts itself.
    """
    try:
        found = toml.read(path, Settings)
    except PolicyError as error:
        raise SetupError(error.what, where=error.where, line=error.line, mend=_MEND) from None
    placed = _placed(found, path.parent)
    checked(placed, path)
    return placed


def _placed(found: Settings, at: Path) -> Settings:
    """The settings with their relative paths made relative to a folder."""

    def moved(document: D, *names: str) -> D:
        given = {name: getattr(document, name) for name in names}
        return document.model_copy(update={k: v and at / v for k, v in given.items()})

    parts: dict[str, object] = {
        "serve": moved(found.serve, "socket"),
        "ledger": moved(found.ledger, "path"),
        "tokens": tuple(moved(token, "file") for token in found.tokens),
        "upstreams": {name: moved(one, "key_file") for name, one in found.upstreams.items()},
    }
    return moved(found, "policy", "state").model_copy(update=parts)


def checked(settings: Settings, where: Path | str = "") -> None:
    """Refuse settings that contradict themselves or open more than was asked for.

    Raises:
        SetupError: says what, and the mend.
    """
    _check_upstreams(settings, where)
    names = [token.name for token in settings.tokens]
    if len(set(names)) < len(names):
        _wrong("two tokens have the same name", where)
    for path in settings.gateway.paths:
        if not _PATH.fullmatch(path):
            _wrong(f"gateway.paths: {path!r} is no plain path under /v1/", where)
    if settings.budgets and settings.serve.workers > 1 and settings.ledger.path is None:
        _wrong("workers know each other's spending only through ledger.path", where)
    if not settings.tokens and not settings.serve.socket and not is_loopback(settings.serve.host):
        _wrong(f"serve.host = {settings.serve.host!r} is open to others and needs a token", where)


def is_loopback(host: str) -> bool:
    """True for names and addresses that only this machine reaches."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _check_upstreams(settings: Settings, where: Path | str) -> None:
    for name, upstream in settings.upstreams.items():
        _check_url(name, upstream, where)
    for family in ("openai", "anthropic"):
        named = [n for n, u in settings.upstreams.items() if u.default and u.family == family]
        if len(named) > 1:
            _wrong(f"two default upstreams of family {family}: {', '.join(named)}", where)
    for alias, entry in settings.models.items():
        _check_alias(alias, entry, settings.upstreams, where)
    if settings.dual.reader is not None:
        _check_reader(settings, settings.dual.reader, where)


def _check_url(name: str, upstream: Upstream, where: Path | str) -> None:
    try:
        parts = urlsplit(upstream.url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in {"http", "https"}:
        _wrong(f"upstreams.{name}.url is no http or https URL", where)
    if parts.username or parts.password or parts.query or parts.fragment:
        _wrong(f"upstreams.{name}.url carries more than host, port and path", where)
    keyed = bool(upstream.key_env or upstream.key_file)
    if keyed and parts.scheme == "http" and not (upstream.plain_http or is_loopback(host)):
        _wrong(
            f"upstreams.{name}: its key would travel unencrypted; plain_http = true says so", where
        )


def _check_alias(
    alias: str, entry: Alias, upstreams: dict[str, Upstream], where: Path | str
) -> None:
    families = set()
    for target in (*entry.targets, *entry.fallbacks):
        if target.upstream not in upstreams:
            _wrong(f"models.{alias}: there is no upstream {target.upstream!r}", where)
        families.add(upstreams[target.upstream].family)
    if len(families) > 1:
        _wrong(f"models.{alias}: its upstreams are of two families; failover stays in one", where)


def _check_reader(settings: Settings, reader: str, where: Path | str) -> None:
    entry, upstreams = settings.models.get(reader), settings.upstreams
    used = [upstreams[entry.targets[0].upstream]] if entry else upstreams.values()
    if not any(u.family == "openai" and (entry or u.default) for u in used):
        _wrong(f"dual.reader: no upstream of family openai serves {reader!r}", where)


def _wrong(what: str, where: Path | str) -> None:
    raise SetupError(what, where=where, mend=_MEND)
