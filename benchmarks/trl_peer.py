"""What TRL makes of our files: run by `train_with_trl`, in an environment that holds TRL and torch.

Nothing of ours is imported, and nothing is fetched: the model is a GPT-2 of two layers with random
weights, the tokenizer reads bytes. A line of JSON says what each part found.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
import trl
from datasets import Dataset, load_dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    AutoModelForSequenceClassification,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
)
from trl.data_utils import apply_chat_template, is_conversational, unpair_preference_dataset

CHAT = (
    "{% for one in messages %}<|{{ one['role'] }}|>{{ one['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
MARKS = ("<|pad|>", "<|end|>", "<|user|>", "<|assistant|>", "<|system|>")


def tokenizer() -> PreTrainedTokenizerFast:
    """Make a tokenizer of bytes and the marks of turns."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE({one: at for at, one in enumerate(letters)}, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    found = PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token=MARKS[0], eos_token=MARKS[1],
        additional_special_tokens=list(MARKS[2:]),
    )  # fmt: skip
    found.chat_template = CHAT
    return found


def config(words: PreTrainedTokenizerFast) -> GPT2Config:
    """Describe a model that learns nothing worth keeping, quickly."""
    return GPT2Config(
        vocab_size=len(words), n_positions=512, n_embd=32, n_layer=2, n_head=2, num_labels=1,
        pad_token_id=words.pad_token_id, eos_token_id=words.eos_token_id,
        bos_token_id=words.eos_token_id,
    )  # fmt: skip


def loaded(folder: Path, name: str) -> Dataset:
    """Load a file as a trainer's user does."""
    path = str(folder / name / "train.jsonl")
    return load_dataset("json", data_files=path, cache_dir=str(folder / "cache"))["train"]


def trained(kind: str, rows: Dataset, folder: Path) -> dict[str, Any]:
    """Train two steps; what comes back is finite, or TRL has refused the rows before."""
    words = tokenizer()
    trainer_of = {
        "dpo": (trl.DPOTrainer, trl.DPOConfig),
        "kto": (trl.KTOTrainer, trl.KTOConfig),
        "reward": (trl.RewardTrainer, trl.RewardConfig),
        "sft": (trl.SFTTrainer, trl.SFTConfig),
    }
    trainer, settings = trainer_of[kind]
    torch.manual_seed(5)
    place = folder / f"{kind}-model"  # a reference model is loaded from where the model lies
    if kind == "reward":
        AutoModelForSequenceClassification.from_config(config(words)).save_pretrained(place)
    else:
        GPT2LMHeadModel(config(words)).save_pretrained(place)
    words.save_pretrained(place)
    options = settings(
        output_dir=str(folder / kind), max_steps=2, per_device_train_batch_size=4,
        report_to=[], use_cpu=True, save_strategy="no", logging_steps=1, bf16=False,
        gradient_checkpointing=False, disable_tqdm=True,
    )  # fmt: skip
    made = trainer(model=str(place), args=options, train_dataset=rows, processing_class=words)
    loss = made.train().training_loss
    seen = [one for one in made.state.log_history if "loss" in one]
    return {"loss": loss, "steps": len(seen), "is_finite": bool(torch.isfinite(torch.tensor(loss)))}


def main() -> None:
    """Read every file with TRL's own functions, then train on each."""
    folder = Path(sys.argv[1])
    pairs, judged = loaded(folder, "trl-preference"), loaded(folder, "trl-kto")
    written, words = loaded(folder, "sft"), tokenizer()
    for rows in (pairs, judged, written):
        assert all(is_conversational(one) for one in rows)
        assert all(apply_chat_template(dict(one), words) for one in rows)

    def key(one: dict[str, Any]) -> str:
        return json.dumps([one["prompt"], one["completion"], one["label"]], sort_keys=True)

    # TRL takes pairs apart as our export of single judgements does.
    apart = unpair_preference_dataset(pairs.remove_columns("margin"))
    assert sorted(map(key, apart)) == sorted(map(key, judged))
    said = {
        "trl": trl.__version__,
        "rows": {"pairs": len(pairs), "judged": len(judged), "written": len(written)},
        "margins": sorted(set(pairs["margin"])),
    }
    for kind, rows in (("dpo", pairs), ("reward", pairs), ("kto", judged), ("sft", written)):
        said[kind] = trained(kind, rows, folder)
        assert said[kind]["is_finite"], kind
    print(json.dumps(said))


if __name__ == "__main__":
    main()
