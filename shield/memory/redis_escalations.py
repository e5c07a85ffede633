"""Questions to a person that workers share: approved on one, passed on any, once.

There is one record for each thing that is asked about, so that an approval is found without looking through
others. An id names its record and the asking: what was answered cannot be answered again by an id of before.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

import msgspec
from msgspec.structs import replace

from shield.errors import StoreError
from shield.memory.escalations import SHOWN_CHARS, Escalation, Question, State
from shield.memory.records import Records, Room, connected

if TYPE_CHECKING:
    import redis

TAG = "{shield}:escalation:"
_NAME = 32  # hex digits of a record's name, and so of the first half of an id
SECONDS, MOST, PER_OWNER, SIZE = 900, 10_000, 20, 33_554_432


class _UnchangedError(Exception):
    """What is held stays as it is."""


class RedisEscalations:
    """An `EscalationStore` that workers share. Every method raises `StoreError` when the store fails.

    Args:
        client: a client that answers bytes, with timeouts.
        secret: the key under which questions are encrypted; the same for all workers.
        room: the bounds of all workers together. An owner's answered questions count among its
            records: an approval that is crowded out is lost, and asked for again.
        wall: seconds since 1970, which workers share.
    """

    def __init__(
        self,
        client: "redis.Redis",
        secret: bytes,
        room: Room,
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._records = Records(client, secret, TAG, room)
        self._seconds, self._wall = room.seconds, wall

    @classmethod
    def of(cls, url: str, secret: bytes, room: Room | None = None) -> Self:
        """The store at an address; bounded as one process' own when `room` is left out.

        Raises:
            SetupError: the address is none.
        """
        return cls(connected(url), secret, room or Room(SECONDS, MOST, PER_OWNER, SIZE))

    def ask(self, question: Question) -> Escalation:
        """The question about the same thing that is open, or approved meanwhile; else a new one."""
        name, now = _name(question), self._wall()
        short = replace(question, shown=question.shown[:SHOWN_CHARS])
        identity = f"{name}{secrets.token_hex(8)}"
        made = Escalation(identity, short, now, now + self._seconds)

        def asked(held: bytes | None) -> bytes:
            nonlocal made
            known = self._live(held)
            if known is not None and known.state in {State.OPEN, State.APPROVED}:
                made = known
                raise _UnchangedError
            return _plain(made)

        self._change(name, question.owner, asked)
        return made

    def take(self, question: Question) -> bool:
        """Use up the approval of exactly this; False when there is none."""
        name = _name(question)

        def used(held: bytes | None) -> bytes:
            known = self._live(held)
            if known is None or known.state is not State.APPROVED:
                raise _UnchangedError
            return _plain(replace(known, state=State.USED))

        return self._change(name, question.owner, used)

    def decide(self, identity: str, *, approve: bool) -> Escalation | None:
        """Answer a question; None when it is unknown, expired or answered already."""
        known = self._held(identity[:_NAME])
        if known is None or known.id != identity:
            return None
        answered = None

        def decided(held: bytes | None) -> bytes:
            nonlocal answered
            now = self._live(held)
            if now is None or now.id != identity or now.state is not State.OPEN:
                raise _UnchangedError
            state = State.APPROVED if approve else State.DENIED
            answered = replace(now, state=state, decided=self._wall())
            return _plain(answered)

        told = self._change(identity[:_NAME], known.question.owner, decided)
        return answered if told else None

    def all(self) -> tuple[Escalation, ...]:
        """Every question that has not expired, oldest first."""
        found = (self._live(plain) for plain in self._records.all())
        return tuple(sorted((e for e in found if e is not None), key=lambda e: e.opened))

    def forget_owner(self, owner: str) -> None:
        """Erase all questions of an owner."""
        self._records.forget_owner(owner)

    def _held(self, name: str) -> Escalation | None:
        return self._live(self._records.read(name))

    def _change(self, name: str, owner: str, changed: Callable[[bytes | None], bytes]) -> bool:
        """Whether the record was replaced by what `changed` makes of it."""
        try:
            self._records.change(name, owner, changed)
        except _UnchangedError:
            return False
        return True

    def _live(self, plain: bytes | None) -> Escalation | None:
        """The question that a record holds; None once it has expired, whatever the store still keeps."""
        if plain is None:
            return None
        try:
            found = msgspec.convert(json.loads(plain), Escalation)
        except (ValueError, msgspec.ValidationError):
            raise StoreError("a question that this release cannot read") from None
        return found if found.expires > self._wall() else None


def _plain(escalation: Escalation) -> bytes:
    # The standard library's JSON keeps lone surrogates, which msgspec refuses.
    return json.dumps(msgspec.to_builtins(escalation), separators=(",", ":")).encode()


def _name(question: Question) -> str:
    made = hashlib.sha256()
    for part in question.about:
        raw = part.encode("utf-8", "surrogatepass")
        made.update(len(raw).to_bytes(8, "big") + raw)
    return made.hexdigest()[:_NAME]
