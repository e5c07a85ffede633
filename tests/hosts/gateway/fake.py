"""An upstream that behaves as the model name says, and one that breaks the protocol."""

import asyncio
import itertools
import json
import socket
import threading
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

KEY = "sk-upstream-key-0123456789abcdef"
USAGE = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}


class FakeUpstream:
    """Remembers what it was asked; `gone` is set when a slow request was given up."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], dict]] = []
        self.gone = threading.Event()
        self.failing = 0
        post = {"methods": ["POST"]}
        self.app = Starlette(
            routes=[
                Route("/v1/chat/completions", self.chat, **post),
                Route("/v1/messages", self.messages, **post),
                Route("/v1/embeddings", self.embeddings, **post),
                Route("/v1/responses", self.responses, **post),
                Route("/v1/other", self.embeddings, **post),
                Route("/v1/{rest:path}", self.models),
            ]
        )

    @property
    def headers(self):
        return self.asked[-1][1]

    @property
    def body(self):
        return self.asked[-1][2]

    def texts(self) -> str:
        return json.dumps([body for _, _, body in self.asked])

    async def kept(self, request: Request) -> dict:
        body = await request.json()
        self.asked.append((request.url.path, dict(request.headers), body))
        return body

    async def chat(self, request: Request) -> Response:
        body = await self.kept(request)
        model = body["model"]
        if model.startswith("status-"):
            return JSONResponse({"error": {"message": "no"}}, int(model[7:]))
        if model == "flaky" and self.failing:
            self.failing -= 1
            return JSONResponse({}, 500)
        if model == "slow":
            return await self.never(request)
        if body.get("stream"):
            return StreamingResponse(self.watched(body), media_type="text/event-stream")
        return odd(model, request) or JSONResponse(completion(body))

    async def watched(self, body: dict):
        try:
            async for piece in stream(body):
                yield piece
        finally:
            self.gone.set()

    async def never(self, request: Request) -> Response:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        self.gone.set()
        return Response()

    async def messages(self, request: Request) -> Response:
        body = await self.kept(request)
        if body["model"].startswith("status-"):
            return JSONResponse({"type": "error", "error": {}}, int(body["model"][7:]))
        if body.get("stream"):
            return StreamingResponse(spoken(body["model"]), media_type="text/event-stream")
        return JSONResponse(
            {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "model": body["model"],
                "content": [{"type": "text", "text": "Good morning."}],
                "stop_reason": "end_turn",
                "stop_sequence": None,
                "usage": {
                    "input_tokens": 3,
                    "output_tokens": 2,
                    "cache_read_input_tokens": 4,
                },
            }
        )

    async def responses(self, request: Request) -> Response:
        body = await self.kept(request)
        part = {"type": "output_text", "text": "Fine weather.", "annotations": []}
        message = {"id": "m", "type": "message", "role": "assistant", "status": "completed"}
        usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
        return JSONResponse(
            {
                "id": "resp_1",
                "object": "response",
                "created_at": 0,
                "status": "completed",
                "model": body["model"],
                "output": [{**message, "content": [part]}],
                "usage": usage,
            }
        )

    async def embeddings(self, request: Request) -> Response:
        body = await self.kept(request)
        data = [{"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}]
        usage = {"prompt_tokens": 4, "total_tokens": 4}
        return JSONResponse(
            {"object": "list", "data": data, "model": body["model"], "usage": usage}
        )

    async def models(self, request: Request) -> Response:
        self.asked.append((request.url.path, dict(request.headers), {}))
        model = {"id": "theirs", "object": "model", "created": 0, "owned_by": "them"}
        return JSONResponse({"object": "list", "data": [model]})


def completion(body: dict) -> dict:
    if body["model"] == "tools":
        call = {"name": "get_weather", "arguments": '{"city":"Oslo"}'}
        said = {"content": None, "tool_calls": [{"id": "c1", "type": "function", "function": call}]}
    elif body["model"] == "secret":
        said = {"content": "It is ghp_" + "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2"}
    else:
        said = {"content": "Good morning."}
    message = {"role": "assistant", "refusal": None, **said}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": USAGE,
    }


def odd(model: str, request: Request) -> Response | None:
    """Answers that an upstream should not give."""
    echoed = request.headers.get("authorization", "")
    kinds: dict[str, Callable[[], Response]] = {
        "leaky": lambda: JSONResponse(
            {"error": {"message": echoed}}, 400, {"x-request-id": echoed}
        ),
        "html": lambda: Response("<p>maintenance</p>", media_type="text/html"),
        "no-json": lambda: Response('{"id": ', media_type="application/json"),
        "gzipped": lambda: Response(b"\x1f\x8b", headers={"content-encoding": "gzip"}),
        "moved": lambda: RedirectResponse("http://127.0.0.1:1/"),
        "huge": lambda: JSONResponse({"x": "y" * 20_000}),
        "cookies": lambda: JSONResponse(
            completion({"model": model}),
            headers={"set-cookie": "a=b", "server": "theirs", "x-request-id": "r1"},
        ),
    }
    return kinds[model]() if model in kinds else None


def words(model: str):
    if model == "secret":
        return ["It is ", "ghp_aB3dE5gH7jK9", "mN1pQ2rS4tU6vW8xY0zA1bC2", ". That is all."]
    said = ["Good ", "morning. ", "How are ", "you?"]
    return itertools.cycle(said) if model == "endless" else said


async def stream(body: dict):
    model = body["model"]

    def line(**chunk):
        whole = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": model}
        return f"data: {json.dumps({**whole, **chunk})}\n\n".encode()

    for word in words(model):
        yield line(choices=[{"index": 0, "delta": {"content": word}, "finish_reason": None}])
        await asyncio.sleep(0.01 if model == "endless" else 0)
        if model == "breaks" and word == "morning. ":
            raise ConnectionError
    yield line(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
    if (body.get("stream_options") or {}).get("include_usage"):
        yield line(choices=[], usage=USAGE)
    yield b"data: [DONE]\n\n"


async def spoken(model: str):
    """A message of Anthropic's dialect in events."""
    usage = {"input_tokens": 3, "output_tokens": 1}
    begun = {"id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": []}
    begun |= {"stop_reason": None, "stop_sequence": None, "usage": usage}
    block = {"type": "text", "text": ""}
    said = [{"type": "text_delta", "text": word} for word in words(model)]
    ends = {"stop_reason": "end_turn", "stop_sequence": None}
    events = [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": block},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in said),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": ends, "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]
    for event in events:
        yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


class RawUpstream:
    """Sends fixed bytes to whoever connects, then closes; `hold` keeps the connection open."""

    def __init__(self, answer: bytes, *, hold: bool = False) -> None:
        self._answer, self._hold = answer, hold
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                taken, _ = self._listener.accept()
            except OSError:
                return
            self.connections.append(taken)
            taken.recv(65_536)
            taken.sendall(self._answer)
            if not self._hold:
                taken.shutdown(socket.SHUT_RDWR)
                taken.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        for taken in self.connections:
            taken.close()
