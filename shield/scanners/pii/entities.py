"""What can be looked for: Presidio's recognisers by entity, and what the model marks."""

from pydantic import field_validator

from shield.document import Document
from shield.types import Severity

# Entity → recogniser class of Presidio, severity.
PATTERNS: dict[str, tuple[str, Severity]] = {
    "CREDIT_CARD": ("CreditCardRecognizer", Severity.ERROR),
    "CRYPTO": ("CryptoRecognizer", Severity.WARNING),
    "DE_SOCIAL_SECURITY": ("DeSocialSecurityRecognizer", Severity.ERROR),
    "DE_TAX_ID": ("DeTaxIdRecognizer", Severity.ERROR),
    "EMAIL_ADDRESS": ("EmailRecognizer", Severity.NOTICE),
    "ES_NIE": ("EsNieRecognizer", Severity.ERROR),
    "ES_NIF": ("EsNifRecognizer", Severity.ERROR),
    "FI_PERSONAL_IDENTITY_CODE": ("FiPersonalIdentityCodeRecognizer", Severity.ERROR),
    "IBAN_CODE": ("IbanRecognizer", Severity.ERROR),
    "IN_AADHAAR": ("InAadhaarRecognizer", Severity.ERROR),
    "IN_PAN": ("InPanRecognizer", Severity.ERROR),
    "IP_ADDRESS": ("IpRecognizer", Severity.NOTICE),
    "IT_FISCAL_CODE": ("ItFiscalCodeRecognizer", Severity.ERROR),
    "KR_RRN": ("KrRrnRecognizer", Severity.ERROR),
    "PHONE_NUMBER": ("PhoneRecognizer", Severity.NOTICE),
    "PL_PESEL": ("PlPeselRecognizer", Severity.ERROR),
    "SE_PERSONNUMMER": ("SePersonnummerRecognizer", Severity.ERROR),
    "UK_NHS": ("NhsRecognizer", Severity.ERROR),
    "UK_NINO": ("UkNinoRecognizer", Severity.ERROR),
    "US_ITIN": ("UsItinRecognizer", Severity.ERROR),
    "US_PASSPORT": ("UsPassportRecognizer", Severity.ERROR),
    "US_SSN": ("UsSsnRecognizer", Severity.ERROR),
}
# Entity that the model marks → severity, and the words before one that make it likelier.
LEARNED: dict[str, tuple[Severity, tuple[str, ...]]] = {
    "PERSON": (Severity.NOTICE, ("surname", "full name", "first name", "last name")),
    "LOCATION": (Severity.NOTICE, ()),
    "ORGANIZATION": (Severity.NOTICE, ("employer", "company")),
    "DATE_TIME": (Severity.NOTICE, ("birth", "birthday")),
    "ADDRESS": (Severity.WARNING, ("address", "adresse", "dirección", "street", "deliver")),
    "ID": (Severity.WARNING, ("passport", "licence", "license", "account", "member", "patient")),
}
SEVERITY: dict[str, Severity] = {
    **{entity: severity for entity, (_, severity) in PATTERNS.items()},
    **{entity: severity for entity, (severity, _) in LEARNED.items()},
}
IDENTITY = tuple(sorted(set(PATTERNS) - {"EMAIL_ADDRESS", "IP_ADDRESS", "PHONE_NUMBER"}))
# Numbers of ten to thirteen digits of which one in ten passes the checksum by chance.
CHECK_DIGIT = frozenset(
    {"DE_TAX_ID", "IN_AADHAAR", "KR_RRN", "PL_PESEL", "SE_PERSONNUMMER", "UK_NHS"}
)
MODEL = "pii_ner"


class PiiOptions(Document):
    """`entities`: Presidio's names of what to look for; those in `LEARNED` load a model."""

    entities: tuple[str, ...] = IDENTITY

    @field_validator("entities")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(value) - set(SEVERITY))
        if unknown:
            raise ValueError(f"unknown entities {', '.join(unknown)}; known: {', '.join(SEVERITY)}")
        return value

    def graphs(self) -> tuple[str, ...]:
        """The models that these entities need."""
        return (MODEL,) if set(self.entities) & set(LEARNED) else ()
