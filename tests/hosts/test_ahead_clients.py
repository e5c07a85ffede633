"""The official clients read streams with events of Shield's own between those of their dialects."""

import anthropic
import httpx2
import openai
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import StreamingResponse
from starlette.routing import Route

from shield.guard import Guard
from shield.hosts.asgi import ShieldMiddleware
from tests import blocks
from tests.hosts.serving import serving
from tests.items import Script
from tests.retracting import carried_out
from tests.streams import DONE, SECRET, said, secret_policy, sliced

WORDS = "This is an honest sentence about the weather. "
BAD = f"{WORDS * 2}It is {SECRET} so. {WORDS * 4}"
SHOWN = BAD.replace(SECRET, "[REDACTED:github-token]")
ANSWERS = {
    "/v1/chat/completions": b"".join([*said(BAD), DONE]),
    "/v1/messages": blocks.message(blocks.said(BAD)),
    "/v1/responses": Script().begin().message(BAD).end().bytes,
}


async def answer(request):
    async def run():
        for piece in sliced(ANSWERS[request.url.path], 57):
            yield piece

    return StreamingResponse(run(), media_type="text/event-stream")


@pytest.fixture(scope="module")
def url():
    guard = Guard(secret_policy())
    shield = Middleware(ShieldMiddleware, guard=guard, gate="async")
    routes = [Route(path, answer, methods=["POST"]) for path in ANSWERS]
    with serving(Starlette(routes=routes, middleware=[shield])) as found:
        yield found
    guard.close()


@pytest.fixture
def quiet():
    with httpx2.Client(trust_env=False) as client:
        yield client


def heeded(text, notes, lane):
    back = [tuple(r.values()) for note in notes for r in note.get("retract", ())]
    return carried_out(text, back, lane)


def test_openais_client_reads_them_in_chats(url, quiet):
    client = openai.OpenAI(api_key="k", base_url=f"{url}/v1", http_client=quiet, max_retries=0)
    asked = [{"role": "user", "content": "Please look at it."}]

    chunks = list(client.chat.completions.create(model="m", messages=asked, stream=True))

    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    notes = [c.shield for c in chunks if not c.choices]
    assert text == BAD
    assert heeded(text, notes, "/choices/0/delta/content") == SHOWN
    assert notes[-1]["decision"] == "redact"


def test_openais_client_puts_a_chat_together_over_them(url, quiet):
    client = openai.OpenAI(api_key="k", base_url=f"{url}/v1", http_client=quiet, max_retries=0)
    asked = [{"role": "user", "content": "Please look at it."}]

    with client.chat.completions.stream(model="m", messages=asked) as stream:
        found = stream.get_final_completion()

    assert found.choices[0].message.content == BAD


def test_openais_client_reads_them_in_responses(url, quiet):
    client = openai.OpenAI(api_key="k", base_url=f"{url}/v1", http_client=quiet, max_retries=0)

    events = list(client.responses.create(model="m", input="Please look at it.", stream=True))

    text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
    notes = [e.shield for e in events if e.type == "shield"]
    assert heeded(text, notes, "output_text") == SHOWN
    assert events[-1].response.output_text == SHOWN  # copies come after their judgement


def test_openais_client_puts_a_response_together_over_them(url, quiet):
    client = openai.OpenAI(api_key="k", base_url=f"{url}/v1", http_client=quiet, max_retries=0)

    with client.responses.stream(model="m", input="Please look at it.") as stream:
        found = stream.get_final_response()

    assert found.output_text == SHOWN


def test_anthropics_client_reads_them(url, quiet):
    client = anthropic.Anthropic(api_key="k", base_url=url, http_client=quiet, max_retries=0)
    asked = [{"role": "user", "content": "Please look at it."}]

    events = list(client.messages.create(model="m", max_tokens=9, messages=asked, stream=True))

    text = "".join(e.delta.text for e in events if e.type == "content_block_delta")
    notes = [e.shield for e in events if e.type == "shield"]
    assert heeded(text, notes, "text") == SHOWN


def test_anthropics_client_puts_a_message_together_over_them(url, quiet):
    client = anthropic.Anthropic(api_key="k", base_url=url, http_client=quiet, max_retries=0)
    asked = [{"role": "user", "content": "Please look at it."}]

    with client.messages.stream(model="m", max_tokens=9, messages=asked) as stream:
        found = stream.get_final_message()

    assert found.content[0].text == BAD
