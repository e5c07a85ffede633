"""A DeBERTa-v3-base of the right shape with random weights; runs in LLM Guard's own environment.

The weights that LLM Guard loads by default lie on a hub that a benchmark should not need; how
long a graph takes does not depend on what it learnt. Config values: microsoft/deberta-v3-base
and protectai/deberta-v3-base-prompt-injection-v2. Argument: the folder to write.
"""

import functools
import re
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import torch
from optimum.exporters.onnx import main_export
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors, trainers
from tokenizers.decoders import Metaspace
from tokenizers.models import Unigram
from transformers import (
    DebertaV2Config,
    DebertaV2ForSequenceClassification,
    DebertaV2TokenizerFast,
)

_VOCABULARY = 128_100
_PIECES = 32_000
_CORPUS_CHARS = 12_000_000
_SPECIAL = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
_DOCSTRING = re.compile(r'"""(.{40,}?)"""', re.DOTALL)


def texts() -> Iterator[str]:
    """Docstrings of the standard library and of every installed package, up to a bound."""
    left = _CORPUS_CHARS
    for place in ("stdlib", "purelib"):
        for path in sorted(Path(sysconfig.get_path(place)).rglob("*.py")):
            for text in _DOCSTRING.findall(path.read_text("utf-8", errors="replace")):
                yield " ".join(text.split())
                left -= len(text)
            if left < 0:
                return


def tokenizer() -> DebertaV2TokenizerFast:
    """A unigram tokenizer put together as the one of DeBERTa-v3 is."""
    made = Tokenizer(Unigram())
    made.normalizer = normalizers.Sequence(
        [normalizers.Strip(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = Metaspace()
    unknown = _SPECIAL[3]
    trainer = trainers.UnigramTrainer(
        vocab_size=_PIECES, special_tokens=_SPECIAL, unk_token=unknown, show_progress=False
    )
    made.train_from_iterator(texts(), trainer)
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 1), ("[SEP]", 2)],
    )
    return DebertaV2TokenizerFast(tokenizer_object=made, model_max_length=512)


def network() -> DebertaV2ForSequenceClassification:
    """The classifier, 184 million parameters, seeded."""
    torch.manual_seed(0)
    config = DebertaV2Config(
        vocab_size=_VOCABULARY,
        hidden_size=768,
        num_hidden_layers=12,
        num_attention_heads=12,
        intermediate_size=3072,
        max_position_embeddings=512,
        type_vocab_size=0,
        relative_attention=True,
        position_buckets=256,
        max_relative_positions=-1,
        norm_rel_ebd="layer_norm",
        share_att_key=True,
        pos_att_type=["p2c", "c2p"],
        position_biased_input=False,
        pooler_dropout=0,
        pooler_hidden_act="gelu",
        pooler_hidden_size=768,
        layer_norm_eps=1e-7,
        id2label={0: "SAFE", 1: "INJECTION"},
        label2id={"SAFE": 0, "INJECTION": 1},
    )
    return DebertaV2ForSequenceClassification(config).eval()


def main(folder: Path) -> None:
    """Write tokenizer, weights and, under `onnx/`, the graph, as the published model has them."""
    tokenizer().save_pretrained(folder)
    network().save_pretrained(folder)
    # This optimum was written for the exporter that was torch's default at the time.
    torch.onnx.export = functools.partial(torch.onnx.export, dynamo=False)
    main_export(str(folder), folder / "onnx", task="text-classification", do_validation=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
