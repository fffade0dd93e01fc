"""The package without a server says of every vector what it must, and says it in the same words."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fairhand.proof.log.note import parse_vkey
from fairhand.use_cases.whole_receipt import FORMAT, verify_whole

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "packages/fairhand-verify/fairhand_verify"
VECTORS: list[dict[str, Any]] = json.loads(
    (ROOT / "tests/vectors/receipts.json").read_text("utf-8")
)["vectors"]


def load() -> ModuleType:
    """Import the package from its folder."""
    spec = importlib.util.spec_from_file_location(
        "fairhand_verify", PACKAGE / "__init__.py", submodule_search_locations=[str(PACKAGE)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fairhand_verify"] = module
    spec.loader.exec_module(module)
    return module


THEIRS = load()


def name_of(one: dict[str, Any]) -> str:
    return f"{one['name']}{'' if one['key'] else ', by its own key'}"


@pytest.mark.parametrize("one", VECTORS, ids=name_of)
def test_the_package(one: dict[str, Any]) -> None:
    keys = [THEIRS.Key.parse(one["key"])] if one["key"] else []
    report = THEIRS.verify(one["text"], keys, one.get("handovers"))
    assert report.ok == one["holds"], report.told
    assert report.proven == one["proven"], report.told
    if FORMAT in one["text"] and one["holds"]:
        trusted = [parse_vkey(one["key"])] if one["key"] else []
        ours = verify_whole(one["text"], trusted, one.get("handovers", ()))
        assert report.sentence == ours.sentence


def test_it_imports_nothing_of_the_server_and_stays_small() -> None:
    for path in PACKAGE.glob("*.py"):
        text = path.read_text("utf-8")
        assert "import fairhand\n" not in text
        assert "from fairhand." not in text
        assert len(text.splitlines()) < 500


def test_the_command_says_what_holds_and_what_does_not(tmp_path: Path) -> None:
    good, bad = (next(one for one in VECTORS if one["holds"] is holds) for holds in (True, False))
    for one, code in ((good, 0), (bad, 1)):
        file = tmp_path / "receipt.json"
        file.write_text(one["text"], "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "fairhand_verify", str(file), "--key", one["key"]],
            capture_output=True,
            text=True,
            env={"PYTHONPATH": str(PACKAGE.parent)},
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert ("DOES NOT HOLD" in done.stdout) == (code == 1)
