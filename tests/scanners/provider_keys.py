"""A made-up key of every shape. A bar cuts each prefix, so that no scanner of pushes takes one for real."""

import random
import string
from base64 import b64encode, urlsafe_b64encode

from shield.scanners.secrets.proofs import crc62_of

_RANDOM = random.Random(20)
HEX, ALNUM = "0123456789abcdef", string.ascii_letters + string.digits
BASE32, UPPER = string.ascii_uppercase + "234567", string.ascii_uppercase + string.digits
LOWER = string.ascii_lowercase + string.digits


def some(count, alphabet=ALNUM):
    return "".join(_RANDOM.choice(alphabet) for _ in range(count))


def _uuid():
    return "-".join(some(count, HEX) for count in (8, 4, 4, 4, 12))


def _signed():
    return (body := some(30)) + crc62_of(body)


def _web_token():
    head, body = (
        urlsafe_b64encode(p).decode().rstrip("=") for p in (b'{"alg":"HS256"}', b'{"sub":"ann7"}')
    )
    return f"{head}.{body}.{some(43)}"


def _discord():
    return (
        urlsafe_b64encode(some(18, "123456789").encode()).decode() + "." + some(6) + "." + some(38)
    )


_AFTER = {
    "aws-access-key": ("AK|IA", lambda: some(16, BASE32)),
    "aws-session-token": ("IQoJb3|JpZ2lu", lambda: some(200)),
    "aws-bedrock-key": ("AB|SK", lambda: some(128)),
    "aws-mws-token": ("amzn.|mws.", _uuid),
    "azure-storage-key": ("Account|Key=", lambda: some(86) + "=="),
    "azure-signed-key": ("", lambda: some(52) + "JQQ|J99BA" + some(16) + "A" + some(7)),
    "azure-client-secret": ("", lambda: some(3) + "8|Q~" + some(34)),
    "azure-devops-token": ("", lambda: some(76) + "AZ|DO" + some(4)),
    "azure-shared-access": ("https://x.blob.example/c?sv=2024&s|ig=", lambda: some(43) + "%3D"),
    "google-api-key": ("AI|za", lambda: some(35)),
    "google-oauth": ("GOC|SPX-", lambda: some(28)),
    "alibaba-access-key": ("LT|AI", lambda: some(20)),
    "tencent-secret-id": ("AK|ID", lambda: some(32)),
    "yandex-cloud-key": ("AQ|VN", lambda: some(36)),
    "digitalocean-token": ("dop|_v1_", lambda: some(64, HEX)),
    "heroku-key": ("HR|KU-", _uuid),
    "flyio-token": ("fm|2_", lambda: some(90)),
    "netlify-token": ("nf|p_", lambda: some(36)),
    "render-key": ("rn|d_", lambda: some(32)),
    "scaleway-key": ("SC|W", lambda: some(17, UPPER)),
    "cloudflare-origin-key": ("v1|.0-", lambda: some(24, HEX) + "-" + some(146, HEX)),
    "planetscale-token": ("pscale|_tkn_", lambda: some(43)),
    "supabase-key": ("sb|p_", lambda: some(40, HEX)),
    "neon-key": ("na|pi_", lambda: some(64, LOWER)),
    "databricks-token": ("da|pi", lambda: some(32, HEX)),
    "tailscale-key": ("tsk|ey-", lambda: "auth-" + some(11) + "-" + some(32)),
    "openai-key": ("sk|-proj-", lambda: some(48)),
    "anthropic-key": ("sk|-ant-api03-", lambda: some(93)),
    "huggingface-token": ("h|f_", lambda: some(34)),
    "groq-key": ("gs|k_", lambda: some(52)),
    "perplexity-key": ("pp|lx-", lambda: some(48)),
    "replicate-token": ("r|8_", lambda: some(37)),
    "xai-key": ("xa|i-", lambda: some(80)),
    "openrouter-key": ("sk|-or-v1-", lambda: some(64, HEX)),
    "langsmith-key": ("lsv2|_pt_", lambda: some(32, HEX) + "_" + some(10, HEX)),
    "nvidia-key": ("nva|pi-", lambda: some(64)),
    "pinecone-key": ("pc|sk_", lambda: some(70)),
    "tavily-key": ("tv|ly-", lambda: some(32)),
    "github-token": ("gh|p_", _signed),
    "github-fine-grained": ("github|_pat_", lambda: some(22) + "_" + some(59)),
    "gitlab-token": ("gl|pat-", lambda: some(20)),
    "atlassian-token": ("ATAT|T3", lambda: some(186)),
    "npm-token": ("np|m_", _signed),
    "pypi-token": ("py|pi-", lambda: some(150)),
    "rubygems-key": ("ruby|gems_", lambda: some(48, HEX)),
    "crates-token": ("ci|o", lambda: some(32)),
    "nuget-key": ("oy|2", lambda: some(43, LOWER)),
    "clojars-token": ("CLO|JARS_", lambda: some(60, HEX)),
    "docker-token": ("dckr|_pat_", lambda: some(27)),
    "artifactory-token": ("AK|Cp", lambda: some(69)),
    "circleci-token": ("CCI|PAT_", lambda: some(22) + "_" + some(40, HEX)),
    "buildkite-token": ("bk|ua_", lambda: some(40, HEX)),
    "sonar-token": ("sq|p_", lambda: some(40, HEX)),
    "sourcegraph-token": ("sg|p_", lambda: some(40, HEX)),
    "postman-key": ("PM|AK-", lambda: some(24, HEX) + "-" + some(34, HEX)),
    "readme-key": ("rd|me_", lambda: some(70, LOWER)),
    "prefect-key": ("pn|u_", lambda: some(36)),
    "vault-token": ("hv|s.", lambda: some(24)),
    "terraform-token": ("", lambda: some(14) + ".atlas|v1." + some(67)),
    "pulumi-token": ("pu|l-", lambda: some(40, HEX)),
    "doppler-token": ("dp|.st.", lambda: "prd." + some(43)),
    "onepassword-token": ("ops|_eyJ", lambda: some(250)),
    "age-key": ("AGE-SECRET|-KEY-1", lambda: some(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")),
    "openshift-token": ("sha|256~", lambda: some(43)),
    "grafana-token": ("gl|sa_", lambda: some(32) + "_" + some(8, HEX)),
    "newrelic-key": ("NR|AK-", lambda: some(27, UPPER)),
    "sentry-token": ("sntr|yu_", lambda: some(64, HEX)),
    "dynatrace-token": ("dt0|c01.", lambda: some(24, BASE32) + "." + some(64, BASE32)),
    "posthog-key": ("ph|x_", lambda: some(43)),
    "stripe-key": ("sk|_live_", lambda: some(24)),
    "square-token": ("sq0|csp-", lambda: some(43)),
    "braintree-token": ("access_token|$production$", lambda: some(16, LOWER) + "$" + some(32, HEX)),
    "plaid-token": ("access-|production-", _uuid),
    "razorpay-key": ("rzp|_live_", lambda: some(14)),
    "flutterwave-key": ("FLW|SECK-", lambda: some(32, HEX) + "-X"),
    "shopify-token": ("shp|at_", lambda: some(32, HEX)),
    "slack-token": ("xo|xb-", lambda: some(12, string.digits) + "-" + some(24)),
    "slack-webhook": ("https://hooks.|slack.com/services/", lambda: f"T{some(9, UPPER)}/B{some(10, UPPER)}/{some(24)}"),
    "teams-webhook": ("https://x.webhook.|office.com/webhookb2/", lambda: f"{_uuid()}@{_uuid()}/IncomingWebhook/{some(32, HEX)}/{_uuid()}"),
    "discord-token": ("", _discord),
    "discord-webhook": ("https://discord.com/api|/webhooks/", lambda: some(18, "123456789") + "/" + some(68)),
    "telegram-bot-token": ("", lambda: some(9, "123456789") + ":A|A" + some(33)),
    "twilio-key": ("S|K", lambda: some(32, HEX)),
    "sendgrid-key": ("S|G.", lambda: some(22) + "." + some(43)),
    "mailgun-key": ("ke|y-", lambda: some(32, HEX)),
    "mailchimp-key": ("", lambda: some(32, HEX) + "-u|s21"),
    "brevo-key": ("xkey|sib-", lambda: some(64, HEX) + "-" + some(16)),
    "resend-key": ("re|_", lambda: some(8) + "_" + some(24)),
    "notion-token": ("nt|n_", lambda: some(46)),
    "linear-key": ("lin|_api_", lambda: some(40)),
    "figma-token": ("fig|d_", lambda: some(40)),
    "airtable-token": ("pa|t", lambda: some(14) + "." + some(64, HEX)),
    "hubspot-token": ("pat|-na1-", _uuid),
    "typeform-token": ("tf|p_", lambda: some(44)),
    "contentful-token": ("CF|PAT-", lambda: some(43)),
    "dropbox-token": ("s|l.", lambda: some(140)),
    "facebook-token": ("EA|A", lambda: some(120)),
    "mapbox-token": ("sk|.eyJ", lambda: some(80) + "." + some(22)),
    "rapidapi-key": ("", lambda: f"{some(10, LOWER)}m|sh{some(15, LOWER)}p1{some(6, LOWER)}jsn{some(12, LOWER)}"),
    "adafruit-key": ("ai|o_", lambda: some(28)),
    "easypost-key": ("EZ|AK", lambda: some(54)),
    "shippo-token": ("shippo|_live_", lambda: some(40, HEX)),
    "json-web-token": ("", _web_token),
    "private-key": ("-----BEGIN RSA |PRIVATE KEY-----\n", lambda: some(400) + "\n-----END RSA PRIVATE KEY-----"),
    "putty-key": (
        "PuTTY-User-|Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\nPublic-Lines: 1\nAAAA\n",
        lambda: f"Private-Lines: 1\n{some(64)}\nPrivate-MAC: {some(64, HEX)}",
    ),
    "aws-secret-key": ("aws secret |", lambda: some(40)),
    "password-in-url": ("postgres://app:|", lambda: some(13) + "7@db.internal:5432/main"),
    "basic-auth-header": ("Authorization: |Basic ", lambda: b64encode(f"ann:{some(12)}7".encode()).decode()),
    "bearer-header": ("Authorization: |Bearer ", lambda: some(40) + "7"),
    "assigned-secret": ('DB_PASS|WORD="', lambda: some(10) + "9" + some(9) + '"'),
    "secret-in-prose": ("the password is now |", lambda: "Kiebitz*7" + some(6)),
}  # fmt: skip
KEYS = {
    name: prefix.replace("|", "") + body().replace("|", "")
    for name, (prefix, body) in _AFTER.items()
}
