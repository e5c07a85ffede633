"""Benign texts in many languages, from manuals that Debian packages carry.

`python -m models.train.manuals --out DIR` downloads the packages with apt-get and writes
`DIR/manuals.jsonl.gz`: office help, manual pages, collections of sayings. They are the
everyday imperatives ("click", "enter", "delete") of languages in which the data folder has
few documents. Recipes take the file by `--manuals`; nothing of it is shipped but weights.
"""

import argparse
import gzip
import json
import re
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from html import unescape
from pathlib import Path

LANGUAGES = [
    "cs",
    "da",
    "de",
    "el",
    "es",
    "fi",
    "fr",
    "hi",
    "hu",
    "id",
    "it",
    "ja",
    "ko",
    "nl",
    "pl",
    "pt",
    "pt-br",
    "ro",
    "ru",
    "sr",
    "sv",
    "tr",
    "uk",
    "vi",
    "zh-cn",
]
KINDS = {
    "libreoffice-help": "MPL-2.0",
    "manpages": "GPL and BSD variants, as each page says",
    "fortunes": "GPL-2+ or public domain, as the package says",
}
_MOST, _CHARS = 420, 1400
_BLOCK = re.compile(r"<(?:p|h\d)\b[^>]*>(.*?)</(?:p|h\d)>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_SPACE = re.compile(r"\s+")
_ROFF = re.compile(r"\\f[A-Z(]{1,3}|\\[&|^,/]|^\.\S*\s?|\\\(\w\w", re.MULTILINE)


def main() -> None:
    """Download, unpack, write."""
    parser = argparse.ArgumentParser(prog="python -m models.train.manuals")
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    with gzip.open(out / "manuals.jsonl.gz", "wt", encoding="utf-8") as lines:
        for kind, licence in KINDS.items():
            for lang in LANGUAGES:
                for text in _chosen(_texts(kind, lang)):
                    row = {"text": text, "label": "benign", "lang": lang[:2], "set": kind}
                    row |= {"source": f"Debian package {kind}-{lang}", "licence": licence}
                    lines.write(json.dumps(row, ensure_ascii=False) + "\n")
                    count += 1
    print(f"{count} texts in {out / 'manuals.jsonl.gz'}")


def _chosen(texts: Iterator[str]) -> list[str]:
    """A fixed choice that does not depend on the order of files."""
    distinct = {text[:80]: text for text in texts if len(text) >= 60}
    return sorted(distinct.values(), key=lambda t: zlib.crc32(t.encode()))[:_MOST]


def _texts(kind: str, lang: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as scratch:
        got = subprocess.run(  # noqa: S603 — the names stand above
            ["apt-get", "download", "-qq", f"{kind}-{lang}"],  # noqa: S607 — of the system
            cwd=scratch,
            check=False,
            capture_output=True,
        )
        packages = list(Path(scratch).glob("*.deb"))
        if got.returncode or not packages:
            return
        root = Path(scratch) / "root"
        subprocess.run(["dpkg-deb", "-x", str(packages[0]), str(root)], check=True)  # noqa: S603, S607 — same
        yield from {"libreoffice-help": _help, "manpages": _pages, "fortunes": _sayings}[kind](root)


def _help(root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("*.html")):
        whole = path.read_text("utf-8", errors="replace").partition('id="DisplayArea"')[2]
        whole = whole.partition("Help content debug info")[0]
        blocks = (_SPACE.sub(" ", unescape(_TAG.sub("", b))).strip() for b in _BLOCK.findall(whole))
        yield "\n".join(block for block in blocks if block)[:_CHARS]


def _pages(root: Path) -> Iterator[str]:
    for path in sorted((root / "usr/share/man").rglob("*.gz")):
        page = gzip.decompress(path.read_bytes()).decode("utf-8", errors="replace")
        text = _ROFF.sub("", re.sub(r'^\.\\".*\n', "", page, flags=re.MULTILINE))
        start = zlib.crc32(path.name.encode()) % max(1, len(text) - _CHARS)
        yield text[start : start + _CHARS].strip()


def _sayings(root: Path) -> Iterator[str]:
    for path in sorted((root / "usr/share/games/fortunes").rglob("*")):
        if path.is_file() and path.suffix not in {".dat", ".u8"}:
            whole = path.read_text("utf-8", errors="replace")
            yield from (
                part.strip()[:_CHARS] for part in re.split(r"^%\n", whole, flags=re.MULTILINE)
            )


if __name__ == "__main__":
    main()
