"""What can be looked for: by Presidio's recognisers, by check digits of national ids, by a model."""

from pydantic import field_validator

from shield.document import Document
from shield.scanners.pii.national import NATIONAL
from shield.types import Severity

# Entity → recogniser class of Presidio, severity, digits that one has at least.
PATTERNS: dict[str, tuple[str, Severity, int]] = {
    "CREDIT_CARD": ("CreditCardRecognizer", Severity.ERROR, 12),
    "CRYPTO": ("CryptoRecognizer", Severity.WARNING, 1),
    "DE_SOCIAL_SECURITY": ("DeSocialSecurityRecognizer", Severity.ERROR, 11),
    "DE_TAX_ID": ("DeTaxIdRecognizer", Severity.ERROR, 11),
    "EMAIL_ADDRESS": ("EmailRecognizer", Severity.NOTICE, 0),
    "ES_NIE": ("EsNieRecognizer", Severity.ERROR, 7),
    "ES_NIF": ("EsNifRecognizer", Severity.ERROR, 7),
    "FI_PERSONAL_IDENTITY_CODE": ("FiPersonalIdentityCodeRecognizer", Severity.ERROR, 9),
    "IBAN_CODE": ("IbanRecognizer", Severity.ERROR, 8),
    "IN_AADHAAR": ("InAadhaarRecognizer", Severity.ERROR, 12),
    "IN_PAN": ("InPanRecognizer", Severity.ERROR, 4),
    "IP_ADDRESS": ("IpRecognizer", Severity.NOTICE, 1),
    "IT_FISCAL_CODE": ("ItFiscalCodeRecognizer", Severity.ERROR, 7),
    "KR_RRN": ("KrRrnRecognizer", Severity.ERROR, 13),
    "PHONE_NUMBER": ("PhoneRecognizer", Severity.NOTICE, 6),
    "PL_PESEL": ("PlPeselRecognizer", Severity.ERROR, 11),
    "SE_PERSONNUMMER": ("SePersonnummerRecognizer", Severity.ERROR, 10),
    "TR_NATIONAL_ID": ("TrNationalIdRecognizer", Severity.ERROR, 11),
    "UK_NHS": ("NhsRecognizer", Severity.ERROR, 10),
    "UK_NINO": ("UkNinoRecognizer", Severity.ERROR, 6),
    "US_ITIN": ("UsItinRecognizer", Severity.ERROR, 9),
    "US_PASSPORT": ("UsPassportRecognizer", Severity.ERROR, 8),
    "US_SSN": ("UsSsnRecognizer", Severity.ERROR, 9),
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
    **{entity: severity for entity, (_, severity, _) in PATTERNS.items()},
    **dict.fromkeys(NATIONAL, Severity.ERROR),
    **{entity: severity for entity, (severity, _) in LEARNED.items()},
}
# Cyprus, Hungary, Luxembourg and Malta have no number whose checksum is known here.
_EU: dict[str, tuple[str, ...]] = {
    "at": ("AT_SOCIAL_SECURITY",),
    "be": ("BE_NATIONAL_NUMBER",),
    "bg": ("BG_EGN",),
    "cz": ("CZ_BIRTH_NUMBER",),
    "de": ("DE_SOCIAL_SECURITY", "DE_TAX_ID"),
    "dk": ("DK_CPR",),
    "ee": ("EE_PERSONAL_CODE",),
    "es": ("ES_NIE", "ES_NIF"),
    "fi": ("FI_PERSONAL_IDENTITY_CODE",),
    "fr": ("FR_NIR",),
    "gr": ("GR_AMKA",),
    "hr": ("HR_OIB",),
    "ie": ("IE_PPS",),
    "it": ("IT_FISCAL_CODE",),
    "lt": ("LT_PERSONAL_CODE",),
    "lv": ("LV_PERSONAL_CODE",),
    "nl": ("NL_BSN",),
    "pl": ("PL_PESEL",),
    "pt": ("PT_NIF",),
    "ro": ("RO_CNP",),
    "se": ("SE_PERSONNUMMER",),
    "si": ("SI_EMSO",),
    "sk": ("CZ_BIRTH_NUMBER",),
}
REGIONS: dict[str, tuple[str, ...]] = {
    **_EU,
    "br": ("BR_CPF",),
    "eu": tuple(sorted({entity for entities in _EU.values() for entity in entities})),
    "in": ("IN_AADHAAR", "IN_PAN"),
    "jp": ("JP_MY_NUMBER",),
    "kr": ("KR_RRN",),
    "tr": ("TR_NATIONAL_ID",),
    "uk": ("UK_NHS", "UK_NINO"),
    "us": ("US_ITIN", "US_PASSPORT", "US_SSN"),
}
# A letter touches their digits; six of their digits touch each other.
LETTERED = frozenset(
    {
        "CRYPTO",
        "DE_SOCIAL_SECURITY",
        "ES_NIE",
        "ES_NIF",
        "IE_PPS",
        "IN_PAN",
        "IT_FISCAL_CODE",
    }
)
SOLID = frozenset(
    {
        "AT_SOCIAL_SECURITY",
        "BG_EGN",
        "CZ_BIRTH_NUMBER",
        "DE_TAX_ID",
        "DK_CPR",
        "EE_PERSONAL_CODE",
        "FI_PERSONAL_IDENTITY_CODE",
        "GR_AMKA",
        "HR_OIB",
        "KR_RRN",
        "LT_PERSONAL_CODE",
        "LV_PERSONAL_CODE",
        "PL_PESEL",
        "RO_CNP",
        "SE_PERSONNUMMER",
        "SI_EMSO",
        "TR_NATIONAL_ID",
        "US_PASSPORT",
    }
)
EVERYWHERE = ("CREDIT_CARD", "CRYPTO", "IBAN_CODE")
IDENTITY = tuple(
    sorted(set(PATTERNS) - {"EMAIL_ADDRESS", "IP_ADDRESS", "PHONE_NUMBER", "TR_NATIONAL_ID"})
)
# Numbers of which one in ten to a hundred passes the check by chance, and a code without any.
CHECK_DIGIT = frozenset(
    {
        "DE_TAX_ID",
        "IN_AADHAAR",
        "IN_PAN",
        "KR_RRN",
        "PL_PESEL",
        "SE_PERSONNUMMER",
        "TR_NATIONAL_ID",
        "UK_NHS",
    }
)
MODEL = "pii_ner"


class PiiOptions(Document):
    """What is looked for: `entities` by name, and the national ids of `regions`.

    With `regions` alone the identifiers that know no border come with them. Names of `LEARNED`
    load a model. `regions` are countries, "uk" among them, and "eu" for its members.
    """

    entities: tuple[str, ...] | None = None
    regions: tuple[str, ...] = ()

    @field_validator("entities")
    @classmethod
    def _known(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        unknown = sorted(set(value or ()) - set(SEVERITY))
        if unknown:
            raise ValueError(f"unknown entities {', '.join(unknown)}; known: {', '.join(SEVERITY)}")
        return value

    @field_validator("regions")
    @classmethod
    def _somewhere(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(value) - set(REGIONS))
        if unknown:
            raise ValueError(
                f"no id is known of {', '.join(unknown)}; known: {', '.join(sorted(REGIONS))}"
            )
        return value

    @property
    def wanted(self) -> tuple[str, ...]:
        """Names of all that is looked for, each once."""
        named = self.entities
        if named is None:
            named = EVERYWHERE if self.regions else IDENTITY
        regional = (entity for region in self.regions for entity in REGIONS[region])
        return tuple(dict.fromkeys((*named, *regional)))

    @property
    def countries(self) -> tuple[str, ...]:
        """The two-letter countries of the regions, in capitals."""
        named = (_EU if region == "eu" else {region: ()} for region in self.regions)
        codes = (code.upper() for countries in named for code in countries)
        return tuple(dict.fromkeys("GB" if code == "UK" else code for code in codes))

    def graphs(self) -> tuple[str, ...]:
        """The models that these entities need."""
        return (MODEL,) if set(self.wanted) & set(LEARNED) else ()
