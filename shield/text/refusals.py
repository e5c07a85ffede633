"""Whether an assistant's answer declines what was asked, in its first words."""

import regex

from shield.text.canonical import canonical

_HEAD = 400
_DECLINES = regex.compile(
    r"\b(?:i|we)(?:'m|\s+am|\s+are)?\s+(?:(?:really|very|so|afraid|sorry|but|that)[\s,]+){0,4}"
    r"(?:(?:i|we)\s+)?(?:can(?:'t|\s?not)|won't|will\s+not|am\s+not\s+able|'m\s+not\s+able|unable)\s+"
    r"(?:to\s+)?(?:\w+\s+)?(?:help|assist|provide|share|write|give|do|discuss|support|continue|create|describe"
    r"|explain|go\s+into|comply|fulfil\w*|generate|produce|walk|offer|answer|show|tell|support|say)\b"
    r"|\b(?:that|this)(?:\s+is|'s)\s+(?:not\s+)?something\s+(?:i|we)\s+(?:can(?:'t|\s?not)|won't|can\s+help|will\s+help)\b"
    r"|\b(?:i'm|i\s+am)\s+(?:not\s+able|unable)\s+to\b|\bagainst\s+(?:my|our)\s+(?:guidelines|policies|rules)\b"
    r"|\bi\s+(?:must|have\s+to)\s+(?:decline|refuse)\b|\bi(?:'d|\s+would)\s+rather\s+not\b"
    r"|\b(?:dabei|damit|das)\s+kann\s+ich\s+(?:\w+\s+){0,3}nicht\b|\bkann\s+ich\s+(?:dir|ihnen|euch)?\s*(?:dabei|damit)?\s*nicht\s+helfen\b"
    r"|\bmochte\s+ich\s+(?:lieber\s+)?(?:\w+\s+){0,5}nicht\b|\bich\s+werde\s+(?:\w+\s+){0,3}nicht\b"
    r"|\bje\s+ne\s+(?:peux|vais)\s+pas\b|\bno\s+puedo\s+(?:ayudar|proporcionar|darte|hacer|compartir|explicar|seguir)\w*"
    r"|\bnao\s+posso\s+\w+r\b|\bnon\s+posso\s+\w+(?:r[eti]|rlo|rti)\w*|\bik\s+kan\s+(?:je\s+)?(?:daar|hier)\w*\s+niet"
    r"|\bnie\s+moge\s+(?:w\s+tym\s+)?pomoc|не\s+могу\s+(?:помочь|с\s+этим|предоставить|рассказать)|\byardimci\s+olamam"
    r"|(?:无法|不能|没办法)(?:提供|帮|协助|回答)|(?:お手伝い|お答え|提供)(?:は)?できません|도와드릴\s*수\s*없"
)


def refuses(text: str) -> bool:
    """True when the answer begins by declining."""
    return _DECLINES.search(canonical(text[:_HEAD].replace("\u2019", "'")).text) is not None
