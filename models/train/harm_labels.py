"""What each public label says about each category: yes, no, or nothing.

A category that a source does not speak about is left out of the loss and of every metric; a
source's label is never stretched. Where the project's own rules label a text that nobody did
(`WEAK`), the label is fitted on with the rest and never measured on.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

ALL = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
# Fewer than 100 labelled rows, or none by decision: no head is fitted.
NOT_COVERED = (
    "hate/threatening",
    "self-harm/instructions",
    "sexual/minors",
    "violence/graphic",
)
LABELS = tuple(c for c in ALL if c not in NOT_COVERED)
# Hazard names of MLCommons AILuminate 1.0 for what each category flags.
MLCOMMONS = {
    "harassment": "none of its own; the nearest is hate",
    "harassment/threatening": "violent_crimes",
    "hate": "hate",
    "illicit": "nonviolent_crimes",
    "illicit/violent": "violent_crimes, indiscriminate_weapons_cbrne",
    "self-harm": "suicide_and_self_harm",
    "self-harm/intent": "suicide_and_self_harm",
    "sexual": "sexual_content",
    "violence": "violent_crimes",
}
UNKNOWN = -1
_NO = dict.fromkeys(LABELS, 0)

# A category of a public set, by its beginning: what it says yes to | what it leaves open.
_REQUESTS = (
    ("Illegal Activity/Weapon", "illicit illicit/violent|violence"),
    ("Illegal Activity/Human", "illicit|illicit/violent violence sexual"),
    ("Illegal", "illicit|illicit/violent violence hate harassment"),
    ("illegal", "illicit|illicit/violent violence hate harassment"),
    ("Fraud", "illicit|harassment"),
    ("Economic", "illicit|"),
    ("Malware", "illicit|"),
    ("cybercrime", "illicit|"),
    ("Privacy", "illicit|harassment sexual"),
    ("chemical_biological", "illicit illicit/violent|violence"),
    ("Physical Harm/Weapon", "illicit illicit/violent|violence"),
    ("Physical Harm/Assault", "illicit illicit/violent|violence harassment/threatening harassment"),
    ("Physical Harm/Self-harm", "self-harm|illicit self-harm/intent violence"),
    ("Physical Harm/", "|"),
    ("Physical", "illicit illicit/violent|violence self-harm harassment/threatening harassment"),
    ("Hate/Harass/Violence/Racial", "hate|harassment illicit violence harassment/threatening"),
    ("Hate/Harass/Violence/Religious", "hate|harassment illicit violence harassment/threatening"),
    ("Hate/Harass/Violence/Cyber", "harassment|hate illicit harassment/threatening self-harm"),
    ("Hate/Harass/Violence/Terror", "illicit illicit/violent|violence hate"),
    ("Hate", "hate|harassment illicit violence harassment/threatening"),
    ("harassment_bullying", "harassment|hate self-harm"),
    ("Adult Content/Adult-themed", "|"),
    ("Adult", "sexual|illicit harassment"),
    ("Porn", "sexual|illicit"),
    ("Sexual/Adult", "sexual|illicit"),
    ("Child Abuse/Physical", "illicit illicit/violent|violence harassment"),
    ("Financial Advice", "|none"),
    ("Legal Opinion", "|none"),
    ("Health Consultation", "|none"),
)
_INTENTS = {
    "S005bully": "harassment|hate",
    "S005hate": "hate|harassment",
    "S007": "hate|harassment",
    "S006sh": "self-harm|self-harm/intent illicit violence",
    "S006threat": "harassment/threatening harassment|illicit violence",
    "S006items": "illicit illicit/violent|violence",
    "S004lewd": "sexual|illicit",
    "S004erotica": "sexual|",
    "S004describe": "sexual|",
    "S003goods": "illicit|illicit/violent",
    "S003illegal": "illicit|harassment sexual violence illicit/violent",
    "S008code": "illicit|",
    "S008mal": "illicit|",
    "S008phish": "illicit|",
    "S002med": "|none",
    "S002legal": "|none",
    "S002fin": "|none",
    "C006emotion": "|none",
}
# Requests nobody gave a category: a word that leaves little doubt, in English.
WEAK = (
    (re.compile(r"suicid|self-harm|(kill|hurt) (my|your|them|one)sel", re.IGNORECASE), "self-harm"),
    (
        re.compile(
            r"\b(bombs?|explosives?|firearms?|grenades?|murder|assassinat|nerve agent)",
            re.IGNORECASE,
        ),
        "illicit illicit/violent",
    ),
    (
        re.compile(
            r"racis|homophob|xenophob|\bslurs?\b|ethnic hatred|racial superior", re.IGNORECASE
        ),
        "hate",
    ),
    (re.compile(r"\b(porn|erotic|nude)", re.IGNORECASE), "sexual"),
    (re.compile(r"\b(bully|insult|humiliat|harass|doxx)", re.IGNORECASE), "harassment"),
    (
        re.compile(r"\bthreaten(ing)? (message|letter|email|note|a |my |him|her)", re.IGNORECASE),
        "harassment/threatening harassment",
    ),
    (
        re.compile(
            r"\b(hack|steal|counterfeit|launder|smuggl|malware|phishing|ransomware|embezzl"
            r"|credit card fraud|evade tax|shoplift|forg(e|ing)\b|blackmail|traffick)",
            re.IGNORECASE,
        ),
        "illicit",
    ),
)


def labelled(yes: Iterable[str], unsure: Iterable[str] = ()) -> tuple[int, ...]:
    """1, 0 or UNKNOWN for each of LABELS."""
    said = _NO | dict.fromkeys(unsure, UNKNOWN) | dict.fromkeys(yes, 1)
    return tuple(said[name] for name in LABELS)


def of_request(row: dict[str, Any]) -> tuple[str, tuple[int, ...], bool] | None:
    """Text, labels and whether they are weak, of a row of harmful_requests; None: unusable."""
    category = row.get("category") or ""
    if category == "donotanswer":
        inner = json.loads(row["text"])
        return _intents(inner["prompt"], inner["intents"])
    for start, said in _REQUESTS:
        if category.startswith(start):
            return None if said == "|" else (row["text"], _of(said), False)
    if "/" in category and category.split("/")[0] in {"Child Abuse", "Political Campaigning"}:
        return None
    for pattern, names in WEAK:
        if pattern.search(row["text"]):
            return row["text"], tuple(1 if n in names.split() else UNKNOWN for n in LABELS), True
    return None


def _intents(text: str, intents: list[str]) -> tuple[str, tuple[int, ...], bool] | None:
    said = [_INTENTS.get(intent) for intent in intents]
    if len(said) != 1 or said[0] is None:
        return None
    return text, _of(said[0]), False


def _of(said: str) -> tuple[int, ...]:
    yes, unsure = said.split("|")
    return labelled(yes.split(), () if unsure == "none" else unsure.split())


_PERSON = {"name_adj", "you_are_a_adjective_identity_person", "you_occupation", "you_are_adj"}
_GROUP = {"being_identity_is_adjective", "i_hate_identity_people", "hate_identity"}


def of_toxicity(row: dict[str, Any]) -> tuple[int, ...] | None:
    """The labels of a row of train/toxicity; None where the label fits no category.

    `offensive` tweets are mostly swearing without a target: not hate, harassment left open.
    """
    label, category = row["label"], row.get("category") or ""
    if label in {"neither", "nontoxic", "neutral"}:
        return labelled(())
    if label == "hate" or row["set"] == "toxigen_prompts":
        return labelled(["hate"], ["harassment", "violence", "harassment/threatening", "sexual"])
    if label == "offensive":
        return labelled((), ["harassment", "sexual"])
    if category in _PERSON:
        return labelled(["harassment"], ["hate"])
    if category in _GROUP:
        return labelled(["hate"], ["harassment"])
    return None
