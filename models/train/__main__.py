"""`python -m models.train RECIPE --data DIR`: fit, export, evaluate, write the card."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

# Each takes the data folder, the model folder and a seed.
_OF_INJECTION = {"left_out", "evaluate"}
RECIPES = {
    "injection": "models.train.injection.recipe:recipe",
    "left_out": "models.train.injection.left_out:leave_out",
    "evaluate": "models.train.injection.recipe:evaluate",
    "injection_ngram": "models.train.injection_ngram.recipe:recipe",
    "harm": "models.train.harm:recipe",
    "pii_ner": "models.train.pii_ner:recipe",
    "grounding": "models.train.grounding:recipe",
    "embedder": "models.train.embedder:recipe",
}


def main() -> None:
    """Run one recipe."""
    parser = argparse.ArgumentParser(prog="python -m models.train")
    parser.add_argument("recipe", choices=sorted(RECIPES))
    parser.add_argument("--data", type=Path, required=True, help="the data folder (see its README)")
    parser.add_argument("--out", type=Path, help="the model folder to write")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    if not (args.data / "train").is_dir():
        sys.exit(
            f"{args.data}: no folder train/ in it; "
            "--data wants the folder that holds train/ and calibration/"
        )
    name = "injection" if args.recipe in _OF_INJECTION else args.recipe
    module, _, function = RECIPES[args.recipe].partition(":")
    getattr(import_module(module), function)(
        args.data, args.out or Path("models") / name, args.seed
    )


if __name__ == "__main__":
    main()
