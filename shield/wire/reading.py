"""A JSON body in the dialect that its shape shows.

References: `shield.wire.chat`, `shield.wire.messages`, `shield.wire.responses`.
"""

from msgspec.structs import replace

from shield.types import Skip, SkipReason
from shield.wire import chat, messages, responses
from shield.wire.chat import Reading
from shield.wire.strict import Json


def read_request(document: Json, *, trust_system: bool) -> Reading:
    """A request body. `trust_system` False reads the system's words as written by the caller:
    a client that may send any message may call itself the system.
    """
    if isinstance(document, dict) and messages.is_messages(document):
        return messages.read_request(document, trust_system=trust_system)
    if isinstance(document, dict) and responses.is_responses(document):
        return responses.read_request(document, trust_system=trust_system)
    return chat.read_request(document, trust_system=trust_system)


def read_response(document: Json) -> Reading:
    """A response body, with the tool calls that any dialect would find in it: no shape hides one.
    Instructions that OpenAI's responses repeat are left out.
    """
    kept = responses.without_echo(document)
    changed = kept is not document
    document, reading = kept, chat.read_response(kept)
    pictures = set(responses.pictures(document))
    return replace(
        reading,
        segments=tuple(s for s in reading.segments if s.path not in pictures),
        calls=(*reading.calls, *messages.proposed(document), *responses.proposed(document)),
        skipped=(*reading.skipped, *(Skip(at, SkipReason.MEDIA) for at in sorted(pictures))),
        changed=changed,
    )
