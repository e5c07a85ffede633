"""The OpenAPI 3.1 document of the scan API, made from the structs that read and write it."""

from typing import Any

import msgspec

from shield.types import Checkpoint
from shield.wire.fault import Faulted
from shield.wire.scan import KINDS, Batch, Scanned

_REF = "#/components/schemas/{name}"
_SUMMARIES = {
    Checkpoint.INPUT: "Judge what goes to the model.",
    Checkpoint.ACTION: "Judge a proposed tool call before it runs.",
    Checkpoint.OUTPUT: "Judge what goes back to the user.",
}
_ERRORS = {
    400: "The body is no JSON that can be read in one way only.",
    413: "The body is larger than the policy allows.",
    415: "The body is compressed, or does not call itself JSON.",
    422: "The body does not fit the schema.",
    503: "Too many requests are being judged; Retry-After says when to come back.",
}
_SESSION = {
    "name": "X-Shield-Session",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The session, where the body names none.",
}


def document() -> dict[str, Any]:
    """The document; the version is that of the API, which its paths carry too."""
    kinds = [*KINDS.values(), Batch, Scanned, Faulted]
    _, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Shield scan API",
            "version": "1",
            "description": "Verdicts on what goes to a model, what it wants to do, and what it says.",
        },
        "paths": {f"/v1/scan/{c}": {"post": _operation(c)} for c in Checkpoint},
        "components": {"schemas": {**components, "BatchScanned": _batch_scanned()}},
    }


def _operation(checkpoint: Checkpoint) -> dict[str, Any]:
    one, many = _of(KINDS[checkpoint]), _of(Batch)
    result = {"oneOf": [_of(Scanned), _ref("BatchScanned")]}
    responses = {str(status): _answer(why, _of(Faulted)) for status, why in _ERRORS.items()}
    batch = f"A batch holds items of {KINDS[checkpoint].__name__}; one bad item is its own error."
    return {
        "operationId": f"scan_{checkpoint}",
        "summary": _SUMMARIES[checkpoint],
        "description": batch,
        "parameters": [_SESSION],
        "requestBody": {"required": True, "content": _json({"oneOf": [one, many]})},
        "responses": {"200": _answer("The verdict, whatever it is.", result), **responses},
    }


def _answer(why: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": why, "content": _json(schema)}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _batch_scanned() -> dict[str, Any]:
    """Written by hand: msgspec makes no union of structs without tags."""
    item = {"anyOf": [_of(Scanned), _of(Faulted)]}
    return {
        "title": "BatchScanned",
        "description": "The result of each item, in the order in which they were sent.",
        "type": "object",
        "properties": {"items": {"type": "array", "items": item}},
        "required": ["items"],
    }


def _of(kind: type) -> dict[str, Any]:
    return _ref(kind.__name__)


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": _REF.format(name=name)}
