"""A reverse proxy that judges nothing: what the gateway's own cost is measured against."""

import aiohttp
from aiohttp import web


def application(upstream: str) -> web.Application:
    """Passes chat completions on to an upstream."""
    app = web.Application()

    async def passed(request: web.Request) -> web.Response:
        body = await request.read()
        headers = {"content-type": "application/json"}
        async with app[SESSION].post(upstream + request.path, data=body, headers=headers) as answer:
            raw = await answer.read()
        return web.Response(body=raw, status=answer.status, content_type="application/json")

    async def opened(app: web.Application):  # noqa: ANN202 — an asynchronous generator of None
        app[SESSION] = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        yield
        await app[SESSION].close()

    app.cleanup_ctx.append(opened)
    app.router.add_post("/v1/chat/completions", passed)
    return app


SESSION = web.AppKey("session", aiohttp.ClientSession)
