"""Streams of OpenAI Responses for tests."""

import json

from tests.streams import sliced

RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 7,
    "status": "in_progress",
    "model": "m-1",
    "output": [],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "instructions": None,
    "error": None,
    "incomplete_details": None,
    "metadata": {},
    "temperature": 1.0,
    "top_p": 1.0,
}


class Script:
    """Writes the events of one response with their numbers."""

    def __init__(self):
        self.raw, self._number, self.output = [], 0, []

    def say(self, kind, **fields):
        event = {"type": kind, "sequence_number": self._number, **fields}
        self._number += 1
        self.raw.append(f"event: {kind}\ndata: {json.dumps(event)}\n\n".encode())
        return self

    def begin(self):
        self.say("response.created", response=RESPONSE)
        return self.say("response.in_progress", response=RESPONSE)

    def end(self, kind="completed"):
        done = {**RESPONSE, "status": kind, "output": self.output}
        return self.say(f"response.{kind}", response=done)

    def message(self, *texts, size=5, kind="output_text", item="msg_1"):
        at = len(self.output)
        whole = {"id": item, "type": "message", "role": "assistant", "status": "completed"}
        began = {**whole, "status": "in_progress", "content": []}
        self.say("response.output_item.added", output_index=at, item=began)
        where = {"item_id": item, "output_index": at}
        parts = [
            self.part({**where, "content_index": n}, text, size, kind)
            for n, text in enumerate(texts)
        ]
        return self.item({**whole, "content": parts})

    def part(self, where, text, size, kind):
        field = "refusal" if kind == "refusal" else "text"
        more = {} if kind == "refusal" else {"annotations": []}
        part = {"type": kind, field: text, **more}
        extra = {} if kind == "refusal" else {"logprobs": []}
        self.say("response.content_part.added", **where, part={**part, field: ""})
        for piece in sliced(text, size):
            self.say(f"response.{kind}.delta", **where, delta=piece, **extra)
        self.say(f"response.{kind}.done", **where, **{field: text}, **extra)
        self.say("response.content_part.done", **where, part=part)
        return part

    def reasoning(self, text, size=5):
        at = len(self.output)
        where = {"item_id": "rs_1", "output_index": at, "summary_index": 0}
        part = {"type": "summary_text", "text": text}
        began = {"id": "rs_1", "type": "reasoning", "summary": []}
        self.say("response.output_item.added", output_index=at, item=began)
        self.say("response.reasoning_summary_part.added", **where, part={**part, "text": ""})
        for piece in sliced(text, size):
            self.say("response.reasoning_summary_text.delta", **where, delta=piece)
        self.say("response.reasoning_summary_text.done", **where, text=text)
        self.say("response.reasoning_summary_part.done", **where, part=part)
        return self.item({**began, "summary": [part]})

    def call(self, name="look", arguments='{"to": "bob"}', size=4, kind="function_call"):
        at = len(self.output)
        field = "input" if kind == "custom_tool_call" else "arguments"
        whole = {"id": f"fc_{at}", "type": kind, "call_id": f"c{at}", "name": name}
        where = {"item_id": f"fc_{at}", "output_index": at}
        began = {**whole, "status": "in_progress", field: ""}
        self.say("response.output_item.added", output_index=at, item=began)
        for piece in sliced(arguments, size):
            self.say(f"response.{kind}_{field}.delta", **where, delta=piece)
        self.say(f"response.{kind}_{field}.done", **where, **{field: arguments})
        return self.item({**whole, "status": "completed", field: arguments})

    def item(self, item):
        self.say("response.output_item.done", output_index=len(self.output), item=item)
        self.output.append(item)
        return self

    @property
    def bytes(self):
        return b"".join(self.raw)


def answer(*texts, size=5):
    return Script().begin().message(*texts, size=size).end().bytes


def events(raw):
    """The JSON of each event of a stream."""
    lines = [line for line in raw.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def heard(raw, stem="output_text"):
    """What a client joins of the deltas of one kind."""
    return "".join(e["delta"] for e in events(raw) if e["type"] == f"response.{stem}.delta")


def copies(raw, stem="output_text", field="text"):
    """Every whole text of a stream: of `.done`, of its part, its item and its response."""
    found = []
    for event in events(raw):
        if event["type"] == f"response.{stem}.done":
            found.append(event[field])
        elif event["type"] == "response.content_part.done":
            found.append(event["part"][field])
        items = [event["item"]] if event["type"] == "response.output_item.done" else []
        items += event["response"]["output"] if event["type"] == "response.completed" else []
        found += [part[field] for item in items for part in item.get("content", [])]
    return found
