"""Whether the principal left a value, or what is to be done, to somebody else's words.

"To the address in her mail", "do what Taylor asks for in his message". Whoever writes that text then
decides, so a grant is narrow: it names where the value may come from, and only there it holds.
"""

from collections.abc import Iterable
from itertools import chain

import regex
from msgspec import Struct

from shield.actions.fields import parts
from shield.actions.stems import pattern, plain
from shield.actions.values import fold
from shield.actions.verbs import ACCOUNTS, ARTICLES, ASKS, ORDERS, READS
from shield.actions.wordings import BILLS, CODE, VALUES
from shield.actions.wordings import ORDERS as LEFT_ORDERS
from shield.policy.schema import Effect

_LEAVES_VALUES = regex.compile("|".join((*VALUES, *BILLS)))
_LEAVES_ORDERS = regex.compile("|".join((*LEFT_ORDERS, *CODE)))
_LEAVES_CODE = regex.compile("|".join(CODE))
_SENTENCE = regex.compile(r"[^!?\n。！？]+?(?:[.!?](?=\s|$)|[!?\n。！？]|$)")
_SOURCE = regex.compile(
    r"(?<![\w.])/[\w./-]{2,}|(?:https?://|www\.)[^\s,;]+"
    r"|[\w/-]{1,64}+\.(?:txt|md|pdf|csv|docx?|odt|json|html?|ya?ml|xlsx?|rst)\b"
)
# A question about a text leaves it nothing to decide.
_ASKS_ABOUT = regex.compile(
    rf"\W*(?:(?:and|please|can you|could you|ok|und|bitte|et|y|e) )*{pattern(READS).pattern}"
)
_MOST_SENTENCES = 200
# What people call a text, and what tools that bring such texts are called.
_KINDS: tuple[tuple[str, str], ...] = (
    (
        "mail",
        r"e-?mails?|mails?|mejl\w*|inbox|correos?|courriels?|posta|mailbox|письм\w*|邮件|メール|메일|मेल",
    ),
    (
        "chat",
        r"chats?|channels?|slack|threads?|messages?|posts?|dm|sms|nachricht\w*|mensajes?|mesaj\w*|消息|短信",
    ),
    (
        "file",
        r"files?|documents?|docs?|pdf|folders?|director(?:y|ies)|attachments?|sheets?|datei\w*|archivos?|fichiers?|文件|附件",
    ),
    ("web", r"(?:web)?pages?|(?:web)?sites?|profiles?|url|links?|web|seite|pagina|页面|ページ"),
    ("event", r"calendars?|events?|invitations?|meetings?|termin\w*|kalender"),
    ("issue", r"issues?|tickets?|comments?|reviews?|zgloszeni\w*"),
    ("note", r"notes?|notiz\w*|nota|to-?dos?|checklist|메모|メモ"),
    ("guide", r"wiki|runbooks?|manuals?|guides?|anleitung\w*"),
)
_KIND = regex.compile("|".join(rf"\b(?P<{kind}>{words})\b" for kind, words in _KINDS))


class Delegation(Struct, frozen=True):
    """What was left to others, and to whom: `kinds` of texts, and `sources` that were named outright.

    `code`: a command that stands there is to be run. `effects`: what the sentences that leave values ask for; empty
    when one of them asks for nothing ("her address is in the mail"), which then goes for all that was asked.
    `secrets`: they speak of passwords, keys or accounts.
    """

    values: bool = False
    orders: bool = False
    kinds: frozenset[str] = frozenset()
    sources: bool = False
    code: bool = False
    effects: frozenset[Effect] = frozenset()
    secrets: bool = False

    def __bool__(self) -> bool:
        return self.values or self.orders

    @classmethod
    def of(cls, several: Iterable["Delegation"]) -> "Delegation":
        """What several texts leave, together."""
        left = [d for d in several if d]
        return cls(
            values=any(d.values for d in left),
            orders=any(d.orders for d in left),
            kinds=frozenset(chain(*(d.kinds for d in left))),
            sources=any(d.sources for d in left),
            code=any(d.code for d in left),
            effects=frozenset(chain(*(d.effects for d in left)))
            if all(d.effects for d in left)
            else frozenset(),
            secrets=any(d.secrets for d in left),
        )


def delegation(text: str) -> Delegation:
    """What a turn of the user's leaves to a text that it speaks of."""
    sentences = _SENTENCE.findall(fold_lines(text))[:_MOST_SENTENCES]
    return Delegation.of(map(_sentence, sentences))


def _sentence(sentence: str) -> Delegation:
    """What one folded sentence leaves."""
    orders = bool(_LEAVES_ORDERS.search(sentence))
    values = bool(_LEAVES_VALUES.search(sentence)) and (orders or not _only_asks(sentence))
    if not values and not orders:
        return Delegation()
    effects = frozenset(e for e, stems in ASKS.items() if _verbs(stems, sentence))
    secrets = bool(pattern(ACCOUNTS).search(sentence))
    return Delegation(
        values=values,
        orders=orders,
        kinds=kinds(sentence),
        sources=bool(_SOURCE.search(sentence)),
        code=orders and bool(_LEAVES_CODE.search(sentence)),
        effects=effects | {Effect.ACCOUNT} if effects and secrets else effects,
        secrets=secrets,
    )


def _only_asks(sentence: str) -> bool:
    """True for a sentence that begins as a question, and asks for nothing to be done."""
    if not _ASKS_ABOUT.match(sentence):
        return False
    return not any(_verbs(stems, sentence) for stems in (*ASKS.values(), ORDERS))


def _verbs(stems: str, sentence: str) -> bool:
    """True when a word of a table stands in a sentence, and no article makes it a noun."""
    found = pattern(stems).finditer(sentence)
    return any(sentence[: m.start()].rstrip().rpartition(" ")[2] not in ARTICLES for m in found)


def kinds(folded: str) -> frozenset[str]:
    """The kinds of texts that a folded text, or the words of a tool's name, speak of."""
    return frozenset(m.lastgroup for m in _KIND.finditer(folded) if m.lastgroup)


def kinds_of(name: str) -> frozenset[str]:
    """The kinds of texts that a tool brings, by its name."""
    return kinds(" ".join(parts(name)))


def fold_lines(text: str) -> str:
    """The folded form of a text, with its line breaks, in the letters of the tables."""
    return plain("\n".join(map(fold, text.splitlines())))
