"""The model card: what a graph is, where it comes from, and how it did."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tomli_w


def write(out: Path, card: Mapping[str, Any]) -> None:
    """Write `out/card.toml`, with the digests of the files that stand beside it."""
    names = sorted(p.name for p in out.iterdir() if p.is_file() and p.name != "card.toml")
    files = {name: {"sha256": sha256(out / name)} for name in names}
    (out / "card.toml").write_text(tomli_w.dumps({**card, "files": files}), encoding="utf-8")


def sha256(path: Path) -> str:
    """The digest of a file, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sources(data: Path, names: Iterable[str]) -> list[dict[str, Any]]:
    """The sets of `train/<name>` files with their sources, licences and rows."""
    manifest = json.loads((data / "MANIFEST.json").read_text("utf-8"))
    return [
        {"set": name, "source": part["source"], "licence": part["licence"], "rows": part["rows"]}
        for file in names
        for name, part in manifest[f"train/{file}"]["sets"].items()
    ]
