"""LLM Guard in an environment of its own, and the model that it is measured on; made once."""

import hashlib
import os
import shutil
import subprocess
import venv
from collections.abc import Callable
from pathlib import Path

from benchmarks.peers.child import OFFLINE, ROOT

PEERS = ROOT / ".cache" / "peers"
HOME = PEERS / "llm_guard"
PYTHON = HOME / "bin" / "python"
MODEL = PEERS / "llm_guard_model"
# Its own pins choose transformers and optimum; torch is the release that Shield trains with.
REQUIRED = ("llm-guard[onnxruntime]==0.3.16", "torch==2.13.0")
_RECIPE = "benchmarks.peers.llm_guard_model"
_MARK = "made-by"


class Unavailable(Exception):  # noqa: N818 — it says that there is nothing to compare with
    """The peer cannot be had on this machine; the message says why."""


def prepare() -> None:
    """Make what is missing: minutes, 3.3 GB of disk, and pip's network the first time.

    Raises:
        Unavailable: pip found no installation, or the model could not be built.
    """
    _once(HOME, "\n".join(REQUIRED), _install)
    recipe = ROOT / Path(*_RECIPE.split(".")).with_suffix(".py")
    _once(MODEL, recipe.read_text("utf-8"), _build)


def _once(folder: Path, recipe: str, make: Callable[[Path], None]) -> None:
    digest = hashlib.sha256(recipe.encode()).hexdigest()
    mark = folder / _MARK
    if mark.is_file() and mark.read_text("utf-8") == digest:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"making {folder.relative_to(ROOT)}, this once", flush=True)
    make(folder)
    mark.write_text(digest, encoding="utf-8")


def _install(folder: Path) -> None:
    venv.create(folder, with_pip=True)
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run("pip cannot install LLM Guard", *pip, *REQUIRED)


def _build(folder: Path) -> None:
    _run("the model cannot be built", "-m", _RECIPE, str(folder))


def _run(failure: str, *arguments: str) -> None:
    done = subprocess.run(
        [str(PYTHON), *arguments],
        cwd=ROOT,
        env={**os.environ, **OFFLINE},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
        errors = [line for line in said if line.startswith("ERROR")]
        raise Unavailable(f"{failure}: {(errors or said)[-1]}")
