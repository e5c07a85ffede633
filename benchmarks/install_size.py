"""What `pip install .` puts on a disk: libraries and weights, in a fresh environment."""

import json
import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.claim import claim

ROOT = Path(__file__).parent.parent
HOME = ROOT / ".cache" / "install-size"
LIBRARIES_MB, WEIGHTS_MB = 680.0, 120.0


def megabytes(files: list[Path]) -> float:
    """The size of files, in millions of bytes."""
    return sum(f.stat().st_size for f in files if f.is_file()) / 1e6


venv.create(HOME, clear=True, with_pip=True)
pip = [str(HOME / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-compile"]
subprocess.run([*pip, "--disable-pip-version-check", str(ROOT)], check=True)
site = next(HOME.glob("lib/python*/site-packages"))
everything = list(site.rglob("*"))
weights = [f for f in everything if f.suffix == ".onnx" and "shield" in f.parts]
tools = [f for f in everything if f.relative_to(site).parts[0].startswith(("pip", "setuptools"))]
libraries = megabytes(everything) - megabytes(weights) - megabytes(tools)
print(
    f"libraries {libraries:.0f} MB of {LIBRARIES_MB:.0f}, weights {megabytes(weights):.0f} MB of {WEIGHTS_MB:.0f}"
)
sys.stdout.flush()
if megabytes(weights) > WEIGHTS_MB or not weights:
    print(
        json.dumps(
            {"claim": "weights", "value": megabytes(weights), "bar": WEIGHTS_MB, "holds": False}
        )
    )
    sys.exit(1)
claim("megabytes of libraries that a fresh `pip install .` brings", libraries, LIBRARIES_MB)
