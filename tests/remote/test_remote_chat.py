"""Models over HTTP: what is asked, what is taken as an answer, and every way to have none."""

import asyncio
import json

import httpx2
import pytest

from shield.remote.chat import OpenAIChat
from shield.remote.client import Client
from shield.remote.port import Completion, Message, RemoteError

ASKED = [Message("system", "Plan."), Message("user", "Hello")]
SCHEMA = {"type": "object"}


def completion(content, **usage):
    made = {"choices": [{"message": {"role": "assistant", "content": content}}]}
    return {**made, **({"usage": usage} if usage else {})}


class Service:
    """A service that answers with prepared responses, the last one for ever, and remembers."""

    def __init__(self, *answers):
        self.answers, self.requests = list(answers), []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx2.Response):
            return answer
        return httpx2.Response(200, json=answer)

    @property
    def bodies(self):
        return [json.loads(request.content) for request in self.requests]


def ask(service, *, times=1, schema=SCHEMA, **options):
    async def run():
        transport = httpx2.MockTransport(service)
        headers = {"Authorization": "Bearer key"}
        async with Client("http://m.example/v1", headers, transport=transport, **options) as client:
            model = OpenAIChat(client, "small")
            return [await model.complete(ASKED, schema=schema) for _ in range(times)][-1]

    return asyncio.run(run())


def failed(service, **options):
    with pytest.raises(RemoteError) as error:
        ask(service, **options)
    return error.value.code, error.value.http


def test_an_answer_is_its_text_and_its_tokens():
    assert ask(Service(completion('{"a": 1}', total_tokens=12))) == Completion('{"a": 1}', 12)


def test_what_is_asked():
    service = Service(completion("{}"))
    ask(service)
    (request,), (body,) = service.requests, service.bodies

    assert str(request.url) == "http://m.example/v1/chat/completions"
    assert request.headers["Authorization"] == "Bearer key"
    assert (body["model"], body["temperature"]) == ("small", 0)
    assert body["messages"] == [{"role": m.role, "content": m.text} for m in ASKED]
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert body["response_format"]["json_schema"]["strict"] is True


def test_without_a_schema_no_format_is_asked_for():
    service = Service(completion("hi"))
    ask(service, schema=None)

    assert "response_format" not in service.bodies[0]


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_server_without_structured_output_is_asked_in_json_mode_from_then_on(status):
    service = Service(httpx2.Response(status), completion("{}"))
    ask(service, times=2)
    formats = [body["response_format"]["type"] for body in service.bodies]

    assert formats == ["json_schema", "json_object", "json_object"]
    assert json.dumps(SCHEMA) in service.bodies[1]["messages"][0]["content"]


def test_a_server_that_refuses_both_is_asked_for_structured_output_again():
    service = Service(httpx2.Response(400), httpx2.Response(400), completion("{}"))

    async def twice():
        async with Client("http://m.example", transport=httpx2.MockTransport(service)) as client:
            model = OpenAIChat(client, "small")
            with pytest.raises(RemoteError):
                await model.complete(ASKED, schema=SCHEMA)
            return await model.complete(ASKED, schema=SCHEMA)

    assert asyncio.run(twice()).text == "{}"
    assert service.bodies[-1]["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx2.Response(500, text="secret"), ("status", 500)),
        (httpx2.Response(429), ("status", 429)),
        (httpx2.Response(307, headers={"Location": "http://evil.example"}), ("status", 307)),
        (httpx2.Response(200, text="no"), ("nonsense", 200)),
        (httpx2.Response(200, content=b"\xff"), ("nonsense", 200)),
        (httpx2.Response(200, text="[" * 100_000), ("nonsense", 200)),
        (httpx2.Response(200, content=b"x" * 5_000), ("nonsense", 200)),
        (httpx2.ConnectError("secret"), ("unreachable", 0)),
        (httpx2.ReadTimeout("secret"), ("timeout", 0)),
        ({"choices": []}, ("nonsense", 200)),
        ([], ("nonsense", 200)),
        (completion(None), ("nonsense", 200)),
        (completion(["x"]), ("nonsense", 200)),
    ],
)
def test_what_is_no_answer_is_an_error_with_a_code(answer, code):
    assert failed(Service(answer), most=4_000) == code


@pytest.mark.parametrize("tokens", ["many", -5, True, None])
def test_a_server_may_not_lie_about_tokens(tokens):
    assert ask(Service(completion("{}", total_tokens=tokens))).tokens == 0


def test_errors_hold_no_text_of_the_answer():
    with pytest.raises(RemoteError) as error:
        ask(Service(httpx2.Response(500, text="secret")))

    assert "secret" not in str(error.value)
    assert error.value.__cause__ is None


def test_the_whole_exchange_has_a_limit():
    async def slow(request):
        await asyncio.sleep(30)

    async def run():
        async with Client("http://m.example", transport=httpx2.MockTransport(slow)) as client:
            await OpenAIChat(client, "x").complete(ASKED, seconds=0.05)

    with pytest.raises(RemoteError, match="timeout"):
        asyncio.run(run())
