"""A chat endpoint behind Shield: nothing reaches the model or the user unscreened.

    uvicorn examples.starlette_app:app
    MODEL_URL=http://127.0.0.1:9000 uvicorn examples.starlette_app:app

Without MODEL_URL a stand-in answers, so that the screening can be tried without a model.
"""

import os

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shield import Guard, ShieldMiddleware


async def chat(request: Request) -> Response:
    """Pass a chat completion on to the model."""
    body = await request.json()
    upstream = os.environ.get("MODEL_URL")
    if upstream is None:
        return JSONResponse(stand_in(body["messages"][-1]["content"]))
    async with httpx2.AsyncClient(base_url=upstream, trust_env=False) as client:
        answer = await client.post("/v1/chat/completions", json=body)
    return Response(answer.content, answer.status_code, media_type="application/json")


async def health(_: Request) -> Response:
    """Say that the process lives."""
    return PlainTextResponse("ok")


def stand_in(prompt: str) -> dict[str, object]:
    """A completion that repeats what the model would have read."""
    message = {"role": "assistant", "content": f"I was asked: {prompt}"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": "stand-in",
        "choices": [choice],
    }


app = Starlette(
    routes=[Route("/v1/chat/completions", chat, methods=["POST"]), Route("/health", health)]
)
app.add_middleware(ShieldMiddleware, guard=Guard.load(), exempt=["/health"])
