"""`python -m models.train injection --data DIR`: fit, export, evaluate, write the card."""

import argparse
import sys
from pathlib import Path

from models.train import card, compose, encode, evaluate, export, fit


def main() -> None:
    """Run one recipe, or evaluate the committed graph."""
    parser = argparse.ArgumentParser(prog="python -m models.train")
    parser.add_argument("recipe", choices=["injection", "evaluate"])
    parser.add_argument("--data", type=Path, required=True, help="the data folder (see its README)")
    parser.add_argument("--out", type=Path, default=Path("models/injection"))
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    if not (args.data / "train").is_dir():
        sys.exit(
            f"{args.data}: no folder train/ in it; --data wants the folder that holds train/ and calibration/"
        )
    everything = compose.samples(args.data, args.seed)
    if args.recipe == "injection":
        fitted(everything, args.out, args.seed)
    judged(everything, args.data, args.out)


def fitted(everything: list[compose.Sample], out: Path, seed: int) -> None:
    """Fit on the `fit` part and export."""
    tok = encode.tokenizer()
    by_surface = encode.frames(tok, dict.fromkeys(encode.SURFACES, encode.FIT_WINDOW))
    items = [
        (window.ids, sample.label)
        for sample in everything
        if sample.part == "fit"
        for window in encode.encoded(sample, tok, by_surface)
    ]
    print(f"{len(items)} windows", flush=True)
    out.mkdir(parents=True, exist_ok=True)
    export.export(fit.fit(items, seed), out)
    encode.save_tokenizer(out)


def judged(everything: list[compose.Sample], data: Path, out: Path) -> None:
    """Evaluate the exported graph per surface and write the card."""
    scorer = evaluate.Scorer(out)
    held = [s for s in everything if s.part == "held"]
    temperatures, metrics = {}, {}
    for surface in encode.SURFACES:
        attacks = [scorer.score(s) for s in held if s.surface == surface]
        benign = [scorer.score(s) for s in evaluate.clean(data) if s.surface == surface]
        temperatures[surface] = evaluate.temperature(attacks)
        mixed = [s for s in attacks if s.label != compose.BENIGN] + benign
        metrics[surface] = evaluate.summary(mixed, temperatures[surface])
        print(surface, temperatures[surface], metrics[surface], flush=True)
    card.write(out, data, temperatures, metrics)


if __name__ == "__main__":
    main()
