"""The parts that composed texts are made of, each with its set and language."""

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from models.train.injection.sample import Part
from models.train.rows import PHRASES, likeness, rows

_RESERVED = re.compile(r"\.example\b")
_ENDINGS = (".com", ".com", ".net", ".org", ".io", ".de", ".co", ".example")


def phrases(side: str, *kinds: str) -> list[Part]:
    """The project's own phrases of some kinds; each file is a set of its own."""
    found: list[Part] = []
    for path in sorted(PHRASES.glob(f"{side}*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            if row["kind"] in kinds:
                found.append(Part(_rehosted(row["text"]), f"own/{path.stem}", row["lang"]))
    return found


def _rehosted(text: str) -> str:
    """Reserved names give way to everyday ones, so that `.example` is no sign of an attack."""
    number = zlib.crc32(text.encode())
    return _RESERVED.sub(lambda m: _ENDINGS[(number + m.start()) % len(_ENDINGS)], text)


class Ingredients:
    """Everything that the composition draws from, read once."""

    def __init__(self, data: Path, manuals: Path | None = None) -> None:
        self._data = data
        self._manuals = manuals

    def parts(
        self, name: str, keep: Callable[[dict[str, Any]], bool] = lambda r: True
    ) -> list[Part]:
        """Rows of `train/<name>` without near-duplicates."""
        kept = (r for r in rows(self._data, f"train/{name}") if keep(r) and r["text"].strip())
        found = {likeness(r["text"]): Part(r["text"], str(r["set"]), _lang(r)) for r in kept}
        return list(found.values())

    @cached_property
    def manuals(self) -> list[Part]:
        """Manuals of many languages (see `models.train.manuals`); none without the file."""
        if self._manuals is None:
            return []
        with gzip.open(self._manuals, "rt", encoding="utf-8") as lines:
            found = (json.loads(line) for line in lines)
            return [Part(r["text"], str(r["set"]), r["lang"]) for r in found]

    @cached_property
    def code(self) -> list[Part]:
        return self.parts("benign_documents", lambda r: r["label"] == "benign_code")

    @cached_property
    def documents(self) -> list[Part]:
        return self.parts("benign_documents", lambda r: r["label"] != "benign_code")

    @cached_property
    def multilingual_documents(self) -> list[Part]:
        return self.parts("benign_multilingual", lambda r: r["label"] == "benign_document")

    @cached_property
    def multilingual_chat(self) -> list[Part]:
        return self.parts("benign_multilingual", lambda r: r["label"] == "benign")

    @cached_property
    def dialogues(self) -> list[Part]:
        return self.parts("benign_dialogues")

    @cached_property
    def chat(self) -> list[Part]:
        return self.parts("benign_chat")

    @cached_property
    def harmful(self) -> list[Part]:
        return self.parts("harmful_requests")

    @cached_property
    def indirect(self) -> list[dict[str, Any]]:
        return list(rows(self._data, "train/injection_indirect"))

    @cached_property
    def tool_outputs(self) -> list[Part]:
        """Clean outputs of tools, and of the steps of clean agent runs."""
        found = [
            Part(r["text"], str(r["set"]))
            for r in self.indirect
            if r["label"] == "benign" and r["set"] in {"agentdojo_tool_outputs", "bipia"}
        ]
        runs = self.parts("agent_runs", lambda r: r["label"] == "benign")
        return [p for p in found if len(p.text) > 40] + runs

    @cached_property
    def triggers(self) -> list[Part]:
        public = [
            Part(r["text"], str(r["set"]))
            for r in self.indirect
            if r["label"] == "injection_trigger"
        ]
        return public + phrases("attacks", "trigger") * 4

    @cached_property
    def goals(self) -> list[Part]:
        wanted = {"secondary_task", "injection_goal", "tool_attack"}
        public = [Part(r["text"], str(r["set"])) for r in self.indirect if r["label"] in wanted]
        poisons = {
            str(r["attack"]) for r in self.indirect if r["set"] == "bipia" and r.get("attack")
        }
        bipia = [Part(text, "bipia") for text in sorted(poisons)]
        return public + bipia * 4 + phrases("attacks", "goal") * 3

    @cached_property
    def notes(self) -> list[Part]:
        """Whole payloads: injections that need no trigger before them."""
        return phrases("attacks", "document")

    @cached_property
    def orders(self) -> list[Part]:
        """What takes control in a person's own message does so in a document too."""
        return phrases("attacks", "direct")

    @cached_property
    def asides(self) -> list[Part]:
        """Honest documents that resemble injections."""
        return phrases("negatives", "document")

    def carriers(self) -> Iterator[Part]:
        """What attacks are put into, in proportion."""
        yield from self.documents
        yield from self.multilingual_documents * 2
        yield from self.manuals[::4]
        yield from self.tool_outputs * 2
        yield from self.code[::3]
        yield from self.dialogues[::4]
        yield from (p for p in self.asides if len(p.text) > 120)


def _lang(row: dict[str, Any]) -> str:
    lang = str(row.get("lang") or "")
    return "" if lang.startswith("code") else lang
