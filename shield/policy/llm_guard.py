"""What each scanner of LLM Guard is in a Shield policy, for `shield policy convert`.

After its documentation and `scanners.yml` of July 2025. A part names the parameters that it
carries over; all others are told as left out.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

Params = Mapping[str, Any]
Side = Literal["input", "output"]
Entries = dict[str, dict[str, Any]]

_ENTITIES = {
    "ADDRESS": "ADDRESS",
    "CREDIT_CARD": "CREDIT_CARD",
    "CREDIT_CARD_RE": "CREDIT_CARD",
    "CRYPTO": "CRYPTO",
    "DATE_TIME": "DATE_TIME",
    "EMAIL_ADDRESS": "EMAIL_ADDRESS",
    "EMAIL_ADDRESS_RE": "EMAIL_ADDRESS",
    "IBAN_CODE": "IBAN_CODE",
    "IP_ADDRESS": "IP_ADDRESS",
    "LOCATION": "LOCATION",
    "ORGANIZATION": "ORGANIZATION",
    "PERSON": "PERSON",
    "PHONE_NUMBER": "PHONE_NUMBER",
    "PHONE_NUMBER_WITH_EXT": "PHONE_NUMBER",
    "US_ITIN": "US_ITIN",
    "US_PASSPORT": "US_PASSPORT",
    "US_SSN": "US_SSN",
    "US_SSN_RE": "US_SSN",
}
# What it looks for where `entity_types` is left out.
_USUAL = (
    "CREDIT_CARD",
    "CRYPTO",
    "EMAIL_ADDRESS",
    "IBAN_CODE",
    "IP_ADDRESS",
    "PERSON",
    "PHONE_NUMBER",
    "US_SSN",
    "US_BANK_NUMBER",
    "UUID",
)
_LANGUAGES = {
    "C": "c",
    "C#": "csharp",
    "Go": "go",
    "Java": "java",
    "JavaScript": "javascript",
    "Kotlin": "kotlin",
    "Lua": "lua",
    "PHP": "php",
    "Perl": "perl",
    "PowerShell": "powershell",
    "Python": "python",
    "R": "r",
    "Ruby": "ruby",
    "Rust": "rust",
    "Swift": "swift",
}
_INJECTION = (
    "injection",
    "injection_ngram",
    "injection_patterns",
    "typoglycemia",
    "split_payload",
)
_MODES = {"all": "placeholder", "partial": "mask", "hash": "tokenise"}
_BLOCK = {"decision": "block"}
_THRESHOLDS = frozenset({"threshold", "minimum_score"})
_NO_SLUG = re.compile(r"[^a-z0-9]+")


class Part(NamedTuple):
    """What comes of one scanner: entries of the policy, the parameters that they carry, what is
    different, and what is left out. `shipped` are entries taken over from the shipped policy.
    """

    entries: Entries
    read: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    shipped: tuple[str, ...] = ()


def part(kind: str, params: Params, side: Side, number: int) -> Part:
    """What comes of the scanner of this kind, the `number`th of its side from 1."""
    if kind in _ABSENT:
        return Part({}, tuple(params), dropped=(f"{kind}: {_ABSENT[kind]}",))
    if kind not in _TYPES:
        return Part({}, tuple(params), dropped=("a scanner of this type is not known",))
    if side == "input" and kind in _OF_ANSWERS:
        return Part({}, tuple(params), dropped=("it judges answers only",))
    found = _TYPES[kind](params, side, number)
    left = [name for name in params if name not in {*found.read, *_THRESHOLDS}]
    changed, dropped = found.changed, found.dropped
    if found.entries and not _THRESHOLDS.isdisjoint(params):
        changed = (*changed, "its threshold: `shield calibrate` chooses Shield's")
    return found._replace(changed=changed, dropped=(*dropped, *(f"parameter {n}" for n in left)))


def _personal(params: Params, side: Side, _: int) -> Part:
    named = _texts(params.get("entity_types")) or _USUAL
    known = dict.fromkeys(_ENTITIES[name] for name in named if name in _ENTITIES)
    redacts = side == "input" or params.get("redact") is not False
    entry: dict[str, Any] = {"decision": "redact" if redacts else "block"}
    if side == "input":
        entry["edit"] = "tokenise"
    if known:
        entry["options"] = {"entities": [*known]}
    missed = tuple(f"entity {name}" for name in named if name not in _ENTITIES)
    changed = () if known else ("none of its entities is known: Shield's own choice stands",)
    return Part({"pii": entry}, ("entity_types", "redact"), changed, missed)


def _phrases(texts: Sequence[str], params: Params, side: Side, number: int) -> dict[str, Any]:
    name = f"{side}-{number}"
    surfaces = ["user", "data"] if side == "input" else ["answer"]
    decision = "redact" if params.get("redact") is True else "block"
    listed = {"phrases": [*texts], "surfaces": surfaces}
    rule = {f"banned_phrases/{name}": {"decision": decision}}
    return {"options": {"lists": {name: listed}}, "rules": rule}


def _substrings(params: Params, side: Side, number: int) -> Part:
    texts = _texts(params.get("substrings"))
    entry = _phrases(texts, params, side, number)
    inside = params.get("match_type", "str") == "str"
    entry["options"]["lists"][f"{side}-{number}"]["inside_words"] = inside
    changed = ("upper and lower case are alike",) if params.get("case_sensitive") else ()
    read = ("substrings", "match_type", "redact", "case_sensitive")
    missed = ("`contains_all`: one of the phrases is enough",) if params.get("contains_all") else ()
    return _listed(Part({"banned_phrases": entry}, (*read, "contains_all"), changed, missed), texts)


def _competitors(params: Params, side: Side, number: int) -> Part:
    texts = _texts(params.get("competitors"))
    entry = _phrases(texts, params, side, number)
    changed = ("names are sought as written, without a model",)
    return _listed(Part({"banned_phrases": entry}, ("competitors", "redact"), changed), texts)


def _listed(found: Part, texts: Sequence[str]) -> Part:
    if texts:
        return found
    return Part({}, found.read, dropped=("its list is empty",))


def _topics(params: Params, _: Side, __: int) -> Part:
    texts = [t for t in _texts(params.get("topics")) if len(t) > 2 and _slug(t)]
    if not texts:
        return Part({}, ("topics",), dropped=("its list is empty",))
    denied = {f"about-{_slug(text)}": [text] for text in texts}
    changed = ("each topic is described by its name only: write sentences that belong to it",)
    return Part({"topic": {**_BLOCK, "options": {"denied": denied}}}, ("topics",), changed)


def _code(params: Params, _: Side, __: int) -> Part:
    named = _texts(params.get("languages"))
    known = [_LANGUAGES[name] for name in named if name in _LANGUAGES]
    missed = tuple(f"language {name}" for name in named if name not in _LANGUAGES)
    side = "deny" if params.get("is_blocked", True) else "allow"
    if side == "deny" and not known:
        return Part({}, ("languages", "is_blocked"), dropped=(*missed, "no language is left"))
    options = {side: known} if known else {}
    entry = {**_BLOCK, **({"options": options} if options else {})}
    return Part({"code": entry}, ("languages", "is_blocked"), (), missed)


def _language(params: Params, _: Side, __: int) -> Part:
    allowed = _texts(params.get("valid_languages"))
    if not allowed:
        return Part({}, ("valid_languages",), dropped=("its list is empty",))
    judge = "passage" if params.get("match_type") == "sentence" else "whole"
    options = {"allow": [*allowed], "judge": judge}
    return Part({"language": {**_BLOCK, "options": options}}, ("valid_languages", "match_type"))


def _secrets(params: Params, _: Side, __: int) -> Part:
    edit = _MODES.get(str(params.get("redact_mode", "all")), "placeholder")
    changed = ("hashes become placeholders that come back",) if edit == "tokenise" else ()
    return Part({"secrets": {"decision": "redact", "edit": edit}}, ("redact_mode",), changed)


def _tokens(params: Params, _: Side, __: int) -> Part:
    limit = params.get("limit", 4096)
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        return Part({}, ("limit",), dropped=("its limit is no number above 0",))
    changed = ("tokens are estimated", "long repetition is refused too")
    return Part({"size": {**_BLOCK, "options": {"tokens": limit}}}, ("limit",), changed)


def _injection(_: Params, __: Side, ___: int) -> Part:
    changed = ("several scanners do this, and weigh together; text is read whole, in windows",)
    return Part({}, ("match_type",), changed, shipped=_INJECTION)


def _plain(scanner: str, *changed: str) -> Callable[[Params, Side, int], Part]:
    return lambda _, __, ___: Part({scanner: dict(_BLOCK)}, (), changed)


def _invisible(_: Params, __: Side, ___: int) -> Part:
    return Part({"hidden_text": dict(_BLOCK)}, shipped=("hidden_text",))


def _returned(_: Params, __: Side, ___: int) -> Part:
    changed = ("values come back where an answer asks for it: `restore` of /v1/scan/output",)
    return Part({}, ("matching_strategy",), changed)


def _links(_: Params, __: Side, ___: int) -> Part:
    changed = (
        "links are judged by where they seem to lead and what they carry; `deny` takes a list of hosts",
    )
    return Part({"urls": dict(_BLOCK), "exfiltration": dict(_BLOCK)}, (), changed)


def _json(params: Params, _: Side, __: int) -> Part:
    needed = params.get("required_elements", 0)
    if isinstance(needed, bool) or not isinstance(needed, int) or needed < 1:
        what = (
            "without `required_elements` an answer needs no JSON, and Shield judges whole answers"
        )
        return Part({}, ("required_elements",), dropped=(what,))
    changed = (
        "the whole answer, or its one fenced block, must be JSON; `json_schema` says of which form",
    )
    options = {"json_schema": {"type": ["object", "array"]}}
    return Part({"schema": {**_BLOCK, "options": options}}, ("required_elements",), changed)


def _texts(given: object) -> tuple[str, ...]:
    listed = given if isinstance(given, list) else []
    return tuple(dict.fromkeys(text for text in listed if isinstance(text, str) and text.strip()))


def _slug(text: str) -> str:
    return _NO_SLUG.sub("-", text.lower()).strip("-")


_TYPES: dict[str, Callable[[Params, Side, int], Part]] = {
    "Anonymize": _personal,
    "BanCode": _plain("code"),
    "BanCompetitors": _competitors,
    "BanSubstrings": _substrings,
    "BanTopics": _topics,
    "Code": _code,
    "Deanonymize": _returned,
    "FactualConsistency": _plain(
        "grounding",
        "figures, dates and names are compared with supplied documents, where there are any",
    ),
    "Gibberish": _plain("gibberish"),
    "InvisibleText": _invisible,
    "JSON": _json,
    "Language": _language,
    "MaliciousURLs": _links,
    "NoRefusal": _plain("refusal", "the first words are judged, without a model"),
    "NoRefusalLight": _plain("refusal"),
    "PromptInjection": _injection,
    "Relevance": _plain("relevance", "what is near to a supplied document is relevant, too"),
    "Secrets": _secrets,
    "Sensitive": _personal,
    "TokenLimit": _tokens,
    "Toxicity": _plain("harm", "its categories are those of OpenAI's moderation"),
}
_OF_ANSWERS = frozenset(
    {"FactualConsistency", "JSON", "MaliciousURLs", "NoRefusal", "NoRefusalLight", "Relevance"}
)
_NO_SCANNER = "no scanner of Shield does this"
_ABSENT = {
    **dict.fromkeys(
        (
            "Bias",
            "EmotionDetection",
            "LanguageSame",
            "ReadingTime",
            "Sentiment",
            "URLReachability",
        ),
        _NO_SCANNER,
    ),
    "Regex": "write each pattern as a rule with its examples, see policies/README.md",
}
