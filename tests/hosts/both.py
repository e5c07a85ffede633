"""One answer through either host."""

from werkzeug.test import EnvironBuilder, run_wsgi_app

from shield.hosts.wsgi import ShieldWSGI
from tests.hosts.driven import answering, drive


def asgi(guard, pieces, kind, *, headers=(), **options):
    """The status and the body of an answer, which has ended."""
    raw = [(k.encode(), v.encode()) for k, v in headers]
    heard = drive(answering(pieces, kind, headers=raw), guard, **options)
    assert heard.ended
    return heard.status, heard.body


def wsgi(guard, pieces, kind, *, headers=(), **options):
    """The same under WSGI."""

    def app(environ, start_response):
        start_response("200 OK", [("content-type", kind), *headers])
        return pieces

    environ = EnvironBuilder(method="POST").get_environ()
    body, status, _ = run_wsgi_app(ShieldWSGI(app, guard=guard, **options), environ)
    return int(status[:3]), b"".join(body)


HOSTS = {"asgi": asgi, "wsgi": wsgi}
