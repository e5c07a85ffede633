"""National identity numbers that Presidio does not know, checked by python-stdnum."""

from msgspec import Struct

# The score of a number whose checksum and punctuation leave no doubt, and of any other that is
# valid: a word beside it, such as the number's name, has to vouch for it.
SURE, UNSURE = 1.0, 0.4


class National(Struct, frozen=True):
    """An identity number that python-stdnum checks.

    `module` is its module there; `pattern` its digits and letters as people write them; `sure`
    is True where the checksum leaves fewer than one number in ninety, so that a number in the
    country's own punctuation needs no word beside it. `words` are those.
    """

    module: str
    pattern: str
    words: tuple[str, ...]
    digits: int
    sure: bool = False


NATIONAL: dict[str, National] = {
    "AT_SOCIAL_SECURITY": National(
        "at.vnr",
        r"[1-9]\d{3}[ -]?\d{6}",
        ("svnr", "sv-nr", "sv-nummer", "versicherungsnummer", "sozialversicherungsnummer"),
        10,
    ),
    "BE_NATIONAL_NUMBER": National(
        "be.nn",
        r"\d\d[. ]?\d\d[. ]?\d\d[- ]?\d{3}[. -]?\d\d",
        ("rijksregisternummer", "insz", "niss", "registre national", "numéro national", "rrn"),
        11,
        sure=True,
    ),
    "BG_EGN": National("bg.egn", r"\d{10}", ("егн", "egn"), 10),
    "BR_CPF": National(
        "br.cpf", r"\d{3}[. ]?\d{3}[. ]?\d{3}[- ]?\d\d", ("cpf", "cpf/mf"), 11, sure=True
    ),
    "CZ_BIRTH_NUMBER": National(
        "cz.rc", r"\d{6}[/ ]?\d{3,4}", ("rodné číslo", "rodne cislo", "rodného čísla", "r. č"), 9
    ),
    "DK_CPR": National("dk.cpr", r"\d{6}[- ]?\d{4}", ("cpr", "cpr-nr", "personnummer"), 10),
    "EE_PERSONAL_CODE": National("ee.ik", r"[1-8]\d{10}", ("isikukood", "isikukoodi"), 11),
    "FR_NIR": National(
        "fr.nir",
        r"[12378][ .]?\d\d[ .]?\d\d[ .]?(?:\d\d|2[AB])[ .]?\d{3}[ .]?\d{3}[ .-]?\d\d",
        ("sécurité sociale", "securite sociale", "sécu", "nir", "insee"),
        14,
        sure=True,
    ),
    "GR_AMKA": National("gr.amka", r"\d{11}", ("αμκα", "α.μ.κ.α", "amka"), 11),
    "HR_OIB": National("hr.oib", r"\d{11}", ("oib",), 11),
    "IE_PPS": National("ie.pps", r"\d{7}[A-Wa-w][A-IWa-iw]?", ("pps", "ppsn", "pps no"), 7),
    "JP_MY_NUMBER": National(
        "jp.in_",
        r"\d{4}[ -]?\d{4}[ -]?\d{4}",
        ("マイナンバー", "個人番号", "my number", "mynumber"),
        12,
    ),
    "LT_PERSONAL_CODE": National("lt.asmens", r"[1-9]\d{10}", ("asmens kodas", "asmens kodo"), 11),
    "LV_PERSONAL_CODE": National(
        "lv.pvn", r"\d{6}[- ]?\d{5}", ("personas kods", "personas kodu", "p.k"), 11
    ),
    "NL_BSN": National(
        "nl.bsn", r"\d{4}[. ]?\d\d[. ]?\d{3}|\d{9}", ("bsn", "burgerservicenummer", "sofinummer"), 9
    ),
    "PT_NIF": National(
        "pt.nif", r"\d{3}[ .]?\d{3}[ .]?\d{3}", ("nif", "contribuinte", "número fiscal"), 9
    ),
    "RO_CNP": National("ro.cnp", r"[1-9]\d{12}", ("cnp", "cod numeric personal"), 13),
    "SI_EMSO": National("si.emso", r"\d{13}", ("emšo", "emso"), 13),
}
