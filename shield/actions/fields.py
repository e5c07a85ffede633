"""Names of fields and arguments: what a name says about the value that stands there."""

import regex
from msgspec import Struct

from shield.policy.schema import Role

_CAMEL = regex.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SPLIT = regex.compile(r"[^\w]+|_+")

# Fields that hold what somebody wrote, in the languages of the corpora.
_PROSE_WORDS = """
    abstract about answer bio body caption comment comments content contents description details excerpt
    feedback html markdown memo message messages note notes preview prose question raw reason remark remarks
    reply review reviews snippet stderr stdout subject summary text texts title transcript
    asunto comentario cuerpo descripcion mensaje nota notas resena texto titulo
    commentaire contenu corps message objet texte titre
    beschreibung betreff inhalt kommentar nachricht notiz text titel
    commento corpo descrizione messaggio oggetto testo titolo
    assunto comentario conteudo corpo descricao mensagem
    bericht inhoud onderwerp opmerking tekst omschrijving
    konu mesaj metin tresc wiadomosc temat tekst opis uwagi
    текст тема сообщение комментарий описание заметка текстове 正文 主题 内容 标题 备注 本文 件名 内容 備考 タイトル
    본문 제목 내용 메모 نص موضوع الرسالة
"""
_PROSE = frozenset(_PROSE_WORDS.split())

_ROLE_WORDS: dict[Role, str] = {
    Role.SECRET: """
        password passphrase passwd pwd secret token credential credentials pin ssh apikey recovery webhook
    """,
    Role.CODE: "code command cmd script sql expression shell program statement",
    Role.URL: "url uri link href endpoint website webpage",
    Role.ACCOUNT: "iban account wallet payee beneficiary creditor bic",
    Role.RECIPIENT: """
        to cc bcc recipient participant attendee invitee guest email mail phone channel assignee
        collaborator member user username receiver contact owner with target audience group
        destinatario empfanger destinataire
    """,
    Role.AMOUNT: """
        amount price total sum value quantity qty cost fee tip budget betrag importo importe montant
    """,
    Role.DATE: """
        date day time start end deadline due when until since month year datum fecha timestamp at
    """,
    Role.CONTENT: """
        body text content message subject title description comment note summary caption reference memo
        reason html markdown payload data input reply
    """,
    Role.OBJECT_REF: """
        id uuid path file filename folder directory dir name repo repository key ref object item
        attachment document ticket order event hotel flight restaurant table record source destination
        product company
    """,
}
_ROLES = {word: role for role, names in _ROLE_WORDS.items() for word in names.split()}
_GRAVE = frozenset({Role.SECRET, Role.RECIPIENT, Role.ACCOUNT, Role.URL, Role.CODE})
_NUMBERED = frozenset({"id", "ids", "uuid", "ref"})
# What these words number is a thing; of a user or a channel, the number is who gets it.
_SOURCES = frozenset({"source", "python", "script", "shell", "sql", "js", "javascript", "program"})
_THINGS = frozenset({"email", "mail", "message", "code", "link", "note"})


class Fields(Struct, frozen=True):
    """How far the fields of a tool's result can be taken at their word: `only` these, and `never` those.

    Prose is never believed, whatever is said here. Names are folded.
    """

    only: frozenset[str] | None = None
    never: frozenset[str] = frozenset()

    def allows(self, key: str) -> bool:
        """True when a leaf of the field `key` is no third party's to write."""
        return key not in self.never and (self.only is None or key in self.only)


ANY = Fields()
NONE = Fields(only=frozenset())


def parts(name: str) -> list[str]:
    """The lower-case words of a name in snake, kebab, camel or dotted case."""
    return [part.lower() for part in _SPLIT.split(_CAMEL.sub("_", name)) if part]


def is_prose(key: str) -> bool:
    """True for a field that holds what somebody wrote."""
    return any(part in _PROSE for part in parts(key))


def role(name: str) -> Role:
    """What an argument with this name means, the gravest reading first; FREE when it says nothing."""
    named = parts(name)
    if not named:
        return Role.FREE
    if named[-1] in _NUMBERED:
        owner = _of(named[-2]) if len(named) > 1 and named[-2] not in _THINGS else None
        return owner if owner in _GRAVE else Role.OBJECT_REF
    if named[-1] == "code" and len(named) > 1 and named[-2] not in _SOURCES:
        return Role.FREE  # a discount code, a postal code
    found = [role for part in reversed(named) if (role := _of(part))]
    grave = [role for role in found if role in _GRAVE]
    return (grave or found or [Role.FREE])[0]


def _of(part: str) -> Role | None:
    return _ROLES.get(part) or _ROLES.get(part.removesuffix("s"))
