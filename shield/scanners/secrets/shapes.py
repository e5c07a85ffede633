"""The shapes of providers' keys: a fixed prefix or another mark that only such a key has.

Sources: the formats that the providers publish for secret scanning. Each line is one provider.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import regex
from msgspec import Struct

from shield.scanners.secrets import proofs

HEX, WORD, DASHED = "[0-9a-f]", "[A-Za-z0-9]", "[A-Za-z0-9_-]"
_UUID = rf"{HEX}{{8}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{12}}"
_START, END = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9_-])"
# Bits a character that a random key has at least, by its alphabet.
_HEXADECIMAL, _MIXED = 2.8, 3.0


class Shape(Struct, frozen=True):
    """What a credential looks like.

    One of `literals` must occur before `pattern` is tried; its group `value`, where it has one,
    is the secret. `entropy` is the least number of bits a character. `proof` holds for a real
    key; where it `decides`, nothing else is one.
    """

    literals: tuple[str, ...]
    pattern: "regex.Pattern[str]"
    entropy: float = _MIXED
    proof: Callable[[str], bool] | None = None
    decides: bool = False


def shape(
    literals: str,
    pattern: str,
    entropy: float = _MIXED,
    proof: Callable[[str], bool] | None = None,
    *,
    decides: bool = False,
) -> Shape:
    """A shape; `literals` are separated by blanks."""
    return Shape(tuple(literals.split()), regex.compile(pattern), entropy, proof, decides)


def _key(
    prefixes: str,
    body: str,
    entropy: float = _MIXED,
    proof: Callable[[str], bool] | None = None,
) -> Shape:
    """A key that begins with one of the prefixes, which tell it apart."""
    heads = "|".join(map(regex.escape, prefixes.split()))
    return shape(prefixes, rf"{_START}(?:{heads}){body}{END}", entropy, proof)


KEYS: Mapping[str, Shape] = MappingProxyType({
    # Clouds
    "aws-access-key": _key("AKIA ASIA ABIA ACCA", "[A-Z2-7]{16}", 2.5),
    "aws-session-token": shape(
        "IQoJb3JpZ2lu FwoGZXIvYXdz",
        rf"{_START}(?:IQoJb3JpZ2lu|FwoGZXIvYXdz)[A-Za-z0-9/+=]{{80,2000}}+",
    ),
    "aws-bedrock-key": _key("ABSK", "[A-Za-z0-9+/]{100,160}={0,2}"),
    "aws-mws-token": _key("amzn.mws.", _UUID, _HEXADECIMAL),
    "azure-storage-key": shape(
        "AccountKey=", r"AccountKey=(?P<value>[A-Za-z0-9+/]{80,90}={0,2})", 4.0
    ),
    "azure-signed-key": shape(
        "JQQJ9 AzCa ACDb AzSe +ASt +ABa +AMC +AIoT +ARm",
        rf"{_START}(?:{WORD}{{52}}JQQJ9[9DH]{WORD}[A-L]{WORD}{{16}}[AZ]{WORD}{{7}}(?:{WORD}\w==)?"
        r"|[A-Za-z0-9+/]{40,76}(?:\+(?:ASt|ABa|AMC|AIoT|ARm)|AzSe|AzCa|ACDb)[A-Za-z0-9+/]{5,6}={0,2})"
        r"(?![A-Za-z0-9+/=])",
        4.0,
    ),
    "azure-client-secret": shape(
        "Q~", r"(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~-])"
    ),
    "azure-devops-token": shape("AZDO", rf"{_START}{WORD}{{76}}AZDO{WORD}{{4}}{END}"),
    "azure-shared-access": shape(
        "sig=", r"[?&;]sig=(?P<value>(?:[A-Za-z0-9+/]|%[0-9A-Fa-f]{2}){43,70}={0,2})", 3.5
    ),
    "google-api-key": _key("AIza", rf"{DASHED}{{35}}"),
    "google-oauth": _key("GOCSPX- ya29. 1//0", r"[\w.-]{24,400}"),
    "alibaba-access-key": _key("LTAI", rf"{WORD}{{12,24}}"),
    "tencent-secret-id": _key("AKID", rf"{WORD}{{32}}"),
    "yandex-cloud-key": _key("AQVN y0_", rf"{DASHED}{{35,60}}"),
    "digitalocean-token": _key("dop_v1_ doo_v1_ dor_v1_", f"{HEX}{{64}}", _HEXADECIMAL),
    "heroku-key": _key("HRKU-", rf"{DASHED}{{36,70}}"),
    "flyio-token": _key("fo1_ fm1_ fm1r_ fm2_", r"[\w+/=-]{40,2000}+"),
    "netlify-token": _key("nfp_ nfc_ nfo_ nfb_", rf"{WORD}{{36}}"),
    "render-key": _key("rnd_", rf"{WORD}{{28,40}}"),
    "scaleway-key": _key("SCW", "[A-Z0-9]{17}", 2.5),
    "cloudflare-origin-key": _key("v1.0-", rf"{HEX}{{24}}-{HEX}{{146}}", _HEXADECIMAL),
    "planetscale-token": _key("pscale_tkn_ pscale_pw_ pscale_oauth_", r"[\w.=-]{32,64}"),
    "supabase-key": _key("sbp_ sb_secret_", rf"{DASHED}{{28,60}}"),
    "neon-key": _key("napi_", f"{WORD}{{48,80}}"),
    "databricks-token": _key("dapi", rf"{HEX}{{32}}(?:-\d)?", _HEXADECIMAL),
    "tailscale-key": _key("tskey-", rf"(?:auth|api|client|scim|webhook)-{WORD}+-{WORD}{{20,60}}"),
    # Models
    "openai-key": shape(
        "sk-",
        rf"{_START}sk-(?!ant-|or-v)(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{{32,400}}{END}",
        3.5,
        lambda key: "T3BlbkFJ" in key,  # "OpenAI" in base 64
    ),
    "anthropic-key": _key("sk-ant-", rf"{DASHED}{{24,200}}"),
    "huggingface-token": _key("hf_ api_org_", rf"{WORD}{{30,60}}"),
    "groq-key": _key("gsk_", rf"{WORD}{{48,60}}"),
    "perplexity-key": _key("pplx-", rf"{WORD}{{40,60}}"),
    "replicate-token": _key("r8_", rf"{WORD}{{37}}"),
    "xai-key": _key("xai-", rf"{WORD}{{70,90}}"),
    "openrouter-key": _key("sk-or-v1-", f"{HEX}{{64}}", _HEXADECIMAL),
    "langsmith-key": _key("lsv2_pt_ lsv2_sk_", rf"{HEX}{{32}}_{HEX}{{10}}", _HEXADECIMAL),
    "nvidia-key": _key("nvapi-", rf"{DASHED}{{60,80}}"),
    "pinecone-key": _key("pcsk_", rf"{DASHED}{{50,90}}"),
    "tavily-key": _key("tvly-", rf"(?:dev-|prod-)?{WORD}{{32}}"),
    # Code and packages
    "github-token": _key(
        "ghp_ gho_ ghu_ ghs_ ghr_", rf"{WORD}{{36,255}}", proof=proofs.crc62
    ),
    "github-fine-grained": _key("github_pat_", r"\w{50,255}"),
    "gitlab-token": _key(
        "glpat- gldt- glrt- glrtr- glcbt- glptt- glft- glimt- glagent- gloas- glsoat- GR1348941",
        r"[A-Za-z0-9_.-]{20,300}",
    ),
    "atlassian-token": _key("ATATT3 ATCTT3 ATBB", r"[A-Za-z0-9_=-]{28,250}"),
    "npm-token": _key("npm_", rf"{WORD}{{36}}", proof=proofs.crc62),
    "pypi-token": _key("pypi-", rf"{DASHED}{{50,500}}"),
    "rubygems-key": _key("rubygems_", f"{HEX}{{48}}", _HEXADECIMAL),
    "crates-token": _key("cio", rf"{WORD}{{32}}", 3.5),
    "nuget-key": _key("oy2", "[a-z0-9]{43}"),
    "clojars-token": _key("CLOJARS_", f"{HEX}{{60}}", _HEXADECIMAL),
    "docker-token": _key("dckr_pat_ dckr_oat_", rf"{DASHED}{{27,40}}"),
    "artifactory-token": _key("AKCp cmVmdGtu", rf"{WORD}{{50,73}}"),
    "circleci-token": _key("CCIPAT_ CCIPRJ_", rf"{WORD}{{20,24}}_{HEX}{{40}}"),
    "buildkite-token": _key("bkua_", f"{HEX}{{40}}", _HEXADECIMAL),
    "sonar-token": _key("sqp_ sqa_ squ_", f"{HEX}{{40}}", _HEXADECIMAL),
    "sourcegraph-token": _key("sgp_", rf"(?:{HEX}{{16}}_|local_)?{HEX}{{40}}", _HEXADECIMAL),
    "postman-key": _key("PMAK-", rf"{HEX}{{24}}-{HEX}{{34}}", _HEXADECIMAL),
    "readme-key": _key("rdme_", "[a-z0-9]{70}"),
    "prefect-key": _key("pnu_", rf"{WORD}{{36}}"),
    # Secrets and infrastructure
    "vault-token": _key("hvs. hvb. hvr.", rf"{DASHED}{{24,300}}"),
    "terraform-token": shape(".atlasv1.", rf"{_START}{WORD}{{14}}\.atlasv1\.{DASHED}{{60,70}}{END}"),
    "pulumi-token": _key("pul-", f"{HEX}{{40}}", _HEXADECIMAL),
    "doppler-token": _key("dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.", r"[A-Za-z0-9_.-]{40,60}"),
    "onepassword-token": _key("ops_eyJ", r"[A-Za-z0-9+/_=-]{200,2000}+"),
    "age-key": _key("AGE-SECRET-KEY-1", "[02-9AC-HJ-NP-Z]{58}"),
    "openshift-token": _key("sha256~", rf"{DASHED}{{43}}"),
    "grafana-token": _key("glsa_ glc_", r"[A-Za-z0-9+/_=-]{32,400}"),
    "newrelic-key": _key("NRAK- NRJS- NRII- NRAL-", rf"{WORD}{{19,36}}"),
    "sentry-token": _key("sntrys_ sntryu_", r"[A-Za-z0-9+/_=-]{60,400}"),
    "dynatrace-token": _key("dt0c01. dt0s01.", r"[A-Z2-7]{24}\.[A-Z2-7]{64}"),
    "posthog-key": _key("phx_", rf"{WORD}{{40,52}}"),
    # Money
    "stripe-key": _key(
        "sk_live_ sk_test_ rk_live_ rk_test_ sk_org_ whsec_", r"[A-Za-z0-9+/]{20,250}"
    ),
    "square-token": _key("sq0atp- sq0csp- EAAAE EAAAl", rf"{DASHED}{{22,60}}"),
    "braintree-token": shape(
        "access_token$production$",
        rf"access_token\$production\$[a-z0-9]{{16}}\${HEX}{{32}}{END}",
        _HEXADECIMAL,
    ),
    "plaid-token": _key("access-production- access-development- access-sandbox-", _UUID, 2.5),
    "razorpay-key": _key("rzp_live_ rzp_test_", rf"{WORD}{{14,24}}"),
    "flutterwave-key": _key("FLWSECK- FLWSECK_TEST-", rf"{HEX}{{12,40}}(?:-X)?", 2.5),
    "shopify-token": _key("shpat_ shpca_ shppa_ shpss_", "[0-9a-fA-F]{32}", _HEXADECIMAL),
    # Messages
    "slack-token": _key("xoxb- xoxp- xoxa- xoxr- xoxs- xoxe- xoxe. xapp-", r"[A-Za-z0-9.-]{20,300}"),
    "slack-webhook": shape(
        "hooks.slack.com",
        r"hooks\.slack\.com/(?:services/T\w{6,20}/B\w{6,20}/\w{18,40}|workflows/T\w+/A\w+/\d+/\w{18,40})",
    ),
    "teams-webhook": shape(
        "webhook.office.com", rf"webhook\.office\.com/webhookb2/{_UUID}@{_UUID}/[\w/-]{{40,200}}"
    ),
    "discord-token": shape(  # an account number in base 64 begins so
        "MD MT Mj Mz ND NT Nj Nz OD OT Oj Oz",
        rf"{_START}[MNO][DTjz][AEIMQUYcgk][w-z0-5]{DASHED}{{20,24}}\.{DASHED}{{6}}\.{DASHED}{{27,38}}{END}",
        3.5,
        proofs.names_account,
        decides=True,
    ),
    "discord-webhook": shape(
        "api/webhooks", r"discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\d{15,20}/[\w-]{40,100}"
    ),
    "telegram-bot-token": shape(
        ":AA", rf"{_START}\d{{8,10}}:AA[A-Za-z0-9_-]{{32,34}}{END}"
    ),
    "twilio-key": _key("SK AC", f"{HEX}{{32}}", _HEXADECIMAL),
    "sendgrid-key": _key("SG.", r"[\w-]{16,32}\.[\w-]{30,64}"),
    "mailgun-key": _key("key-", f"{HEX}{{32}}", _HEXADECIMAL),
    "mailchimp-key": shape("-us", rf"{_START}{HEX}{{32}}-us\d{{1,2}}(?!\d)", _HEXADECIMAL),
    "brevo-key": _key("xkeysib- xsmtpsib-", rf"{HEX}{{64}}-{WORD}{{16}}"),
    "resend-key": _key("re_", rf"{WORD}{{8}}_{WORD}{{24}}", 3.5),
    # Work
    "notion-token": _key("ntn_ secret_", rf"{WORD}{{43,50}}", 3.5),
    "linear-key": _key("lin_api_ lin_oauth_", rf"{WORD}{{40,64}}"),
    "figma-token": _key("figd_ figo_", rf"{DASHED}{{38,44}}"),
    "airtable-token": shape("pat", rf"{_START}pat{WORD}{{14}}\.{HEX}{{64}}{END}"),
    "hubspot-token": _key("pat-na1- pat-na2- pat-eu1-", _UUID, _HEXADECIMAL),
    "typeform-token": _key("tfp_", r"[\w.=-]{40,80}"),
    "contentful-token": _key("CFPAT-", rf"{DASHED}{{43}}"),
    "dropbox-token": _key("sl.", rf"{DASHED}{{130,400}}"),
    "facebook-token": _key("EAA", rf"{WORD}{{90,400}}", 3.5),
    "mapbox-token": _key("sk.eyJ", rf"{DASHED}{{60,200}}\.{DASHED}{{20,30}}"),
    "rapidapi-key": shape(
        "msh", rf"{_START}{WORD}{{10}}msh{WORD}{{15}}p1{WORD}{{6}}jsn{WORD}{{12}}{END}"
    ),
    "adafruit-key": _key("aio_", rf"{WORD}{{28}}"),
    "easypost-key": _key("EZAK EZTK", rf"{WORD}{{54}}"),
    "shippo-token": _key("shippo_live_ shippo_test_", f"{HEX}{{40}}", _HEXADECIMAL),
})  # fmt: skip
