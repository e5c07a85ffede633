"""Credentials without a provider's mark: key blocks, tokens, and what stands beside a name."""

from collections.abc import Mapping
from types import MappingProxyType

from shield.scanners.secrets import proofs
from shield.scanners.secrets.shapes import DASHED, Shape, shape

_NAMES = (
    r"(?i:pass(?:word|wd|phrase)?|pwd|secret|api[_-]?key|access[_-]?key|auth[_-]?token|client[_-]?secret"
    r"|private[_-]?key|token|passwort|kennwort|mot de passe|contraseña|clave|senha|wachtwoord|hasło|пароль)"
)
_WORDS = "pass pwd secret key token kennwort contrase clave senha wachtwoord hasł парол"
_NAMED = rf"(?<![A-Za-z]){_NAMES}\w{{0,12}}"
_VALUE = r"[\"'`]?(?P<value>[^\s\"'`,;<>{}()\[\]]{8,128})"
# A key that a word beside it tells apart; literals are in lower case, as those of ASSIGNED.
BESIDE: Mapping[str, Shape] = MappingProxyType(
    {
        "aws-secret-key": shape(
            "aws secret",
            r"(?i:aws|secret)[^\n]{0,40}?[=:\s\"'](?P<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
            4.0,
        ),
        "bitcoin-key": shape(
            "xprv wif wallet priv",
            r"(?<![A-Za-z0-9])(?:[5KL][1-9A-HJ-NP-Za-km-z]{50,51}|xprv[1-9A-HJ-NP-Za-km-z]{107,108})(?![A-Za-z0-9])",
            3.5,
            proofs.base58_checked,
            decides=True,
        ),
    }
)
BLOCKS: Mapping[str, Shape] = MappingProxyType(
    {
        "private-key": shape(
            "-----BEGIN",
            r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----[^-]{16,8000}+(?:-----END[^-]{1,40}-----)?",
        ),
        "putty-key": shape(
            "PuTTY-User-Key-File-",
            r"PuTTY-User-Key-File-\d:[^\n]{4,60}\n(?:[^\n]{0,200}\n){2,80}?Private-Lines: \d+\n[A-Za-z0-9+/=\n]{60,8000}+",
        ),
        "json-web-token": shape(
            "eyJ",
            rf"(?<![A-Za-z0-9_-])eyJ{DASHED}{{10,4000}}+\.eyJ{DASHED}{{10,8000}}+\.{DASHED}{{16,2000}}+",
            3.5,
            proofs.names_algorithm,
        ),
    }
)
# What only its place makes a secret: a placeholder there is none.
ASSIGNED: Mapping[str, Shape] = MappingProxyType(
    {
        "password-in-url": shape(
            "://",
            r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@\"'<>]{0,64}:(?P<value>[^\s/@\"'<>${}*\[\]]{4,128})@",
            2.0,
        ),
        "basic-auth-header": shape(
            "basic",
            r"(?i:authorization)[\"']?\s*[:=]\s*[\"']?[Bb]asic\s+(?P<value>[A-Za-z0-9+/]{16,512}={0,2})",
            proof=proofs.names_user,
        ),
        "bearer-header": shape("bearer", r"[Bb]earer\s+(?P<value>[A-Za-z0-9_\-.=]{24,4000})", 3.5),
        "assigned-secret": shape(
            _WORDS,
            rf"{_NAMED}[\"']?\s{{0,3}}(?:=|:|:=|=>)\s{{0,3}}{_VALUE}",
            3.2,
        ),
        "secret-in-prose": shape(
            _WORDS,
            rf"{_NAMED}\s{{1,3}}(?:is|ist|est|es|é|to|is now)\s{{0,3}}:?\s{{1,3}}{_VALUE}",
            3.2,
        ),
    }
)
