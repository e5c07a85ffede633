"""Streams of Anthropic's messages for tests."""

import json

from tests.streams import sliced

MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m-1",
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
    "usage": {"input_tokens": 3, "output_tokens": 1},
}


def event(kind, **fields):
    document = {"type": kind, **fields}
    return f"event: {kind}\ndata: {json.dumps(document)}\n\n".encode()


START = event("message_start", message=MESSAGE)
STOP = event("message_stop")


def end(reason="end_turn"):
    delta = {"stop_reason": reason, "stop_sequence": None}
    return event("message_delta", delta=delta, usage={"output_tokens": 9}) + STOP


def starts(index, kind, **fields):
    return event("content_block_start", index=index, content_block={"type": kind, **fields})


def delta(index, kind, **fields):
    return event("content_block_delta", index=index, delta={"type": kind, **fields})


def stops(index):
    return event("content_block_stop", index=index)


def said(text, size=5, index=0):
    """The events of one block that says `text`."""
    pieces = [delta(index, "text_delta", text=p) for p in sliced(text, size)]
    return [starts(index, "text", text=""), *pieces, stops(index)]


def thought(text, size=5, index=0):
    pieces = [delta(index, "thinking_delta", thinking=p) for p in sliced(text, size)]
    signed = delta(index, "signature_delta", signature="c2lnbmVk")
    return [starts(index, "thinking", thinking="", signature=""), *pieces, signed, stops(index)]


def called(name="look", arguments='{"to": "bob"}', index=0, size=4):
    pieces = [delta(index, "input_json_delta", partial_json=p) for p in sliced(arguments, size)]
    began = starts(index, "tool_use", id=f"toolu_{index}", name=name, input={})
    return [began, delta(index, "input_json_delta", partial_json=""), *pieces, stops(index)]


def message(*blocks, reason="end_turn"):
    return START + b"".join(part for block in blocks for part in block) + end(reason)


def events(raw):
    """The JSON of each event of a stream."""
    lines = [line for line in raw.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def heard(raw, index=None, field="text"):
    """What a client joins of the blocks."""
    return "".join(
        e["delta"].get(field, "")
        for e in events(raw)
        if e["type"] == "content_block_delta" and index in {None, e["index"]}
    )


def reason(raw):
    (found,) = [e["delta"] for e in events(raw) if e["type"] == "message_delta"]
    return found["stop_reason"]
