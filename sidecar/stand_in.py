"""A stand-in for a model API, to try the sidecar without one: `python sidecar/stand_in.py`."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def chat(request: Request) -> JSONResponse:
    """Say what the model would have read."""
    body = await request.json()
    asked = body["messages"][-1]["content"]
    message = {"role": "assistant", "content": f"I was asked: {asked}"}
    usage = {"prompt_tokens": len(asked.split()), "completion_tokens": 3}
    return JSONResponse(
        {
            "id": "chatcmpl-0",
            "object": "chat.completion",
            "created": 0,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {**usage, "total_tokens": sum(usage.values())},
        }
    )


app = Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])

if __name__ == "__main__":
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    uvicorn.run(app, host=host, port=9000, log_level="warning")
