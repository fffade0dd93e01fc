"""TRL reads our exports and trains on them: preferences with margins, judgements, demonstrations.

TRL wants torch, which is not among what Fairhand is tested with, so it lives in an environment of
its own (about 1 GB with the CPU's torch):

    python -m venv trl-env && trl-env/bin/pip install trl==1.16.0 torch
    python -m benchmarks.train_with_trl --python trl-env/bin/python

It is no measure of quality: the model is tiny and random. What is shown is that the rows are those
that TRL's functions and trainers take, and that what they take apart is what we take apart.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from fairhand.formats.exports.items import Options, items_of
from fairhand.formats.exports.registry import format_of

PEER = Path(__file__).with_name("trl_peer.py")
SAID = ("Habari ya asubuhi? 🌄", "What is 2 + 2?", "صباح الخير", 'Say "no",\n\n\tthen leave.')


def rows(number: int) -> list[dict[str, Any]]:
    """Make rows of a release: a pair with its strength, and a written reply."""
    asked = [{"role": "prompter", "text": f"{SAID[number % 4]} ({number})"}]
    if number % 3 == 0:
        asked = [{"role": "system", "text": "Be kind."}, *asked]
    replies = [{"id": one, "text": f"Reply {one} to {number}"} for one in "abc"]
    about: dict[str, Any] = {"task_id": number, "split": None, "confidence": 0.9}
    better = {"verdict": "better", "better": "ab"[number % 2], "strength": 1 + number % 3}
    pair = {"conversation": asked, "replies": replies[:2]}
    return [
        {**about, "question": "pair", "kind": "pairwise", "value": better, "data": pair},
        {**about, "question": "reply", "kind": "text", "value": f"Well, {number}.", "data": pair},
    ]


def main() -> None:
    """Write the files, and have TRL read them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="The Python of an environment with TRL.")
    parser.add_argument("--tasks", type=int, default=24)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fairhand-trl-") as made:
        for name in ("trl-preference", "trl-kto", "sft"):
            folder = Path(made, name)
            folder.mkdir()
            kind = "text" if name == "sft" else "pairwise"
            whole = [one for n in range(given.tasks) for one in rows(n) if one["kind"] == kind]
            report = format_of(name).load()(items_of(whole), folder, Options())
            print(f"{name}: {report.written} lines of {report.tasks} tasks", dict(report.left_out))
        subprocess.run([given.python, str(PEER), made], check=True)


if __name__ == "__main__":
    main()
