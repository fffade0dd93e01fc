"""The bundler joins our dialect of modules and refuses what it does not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhand.web.shared.bundle import BundleError, bundle


def _write(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text)
    return folder / "entry.js"


def test_a_module_comes_after_those_it_imports_and_only_the_entry_exports(tmp_path: Path) -> None:
    entry = _write(
        tmp_path,
        entry="import { two } from './middle.js';\nexport function start() { return two; }\n",
        middle="import { one } from './leaf.js';\nexport const two = one + 1;\n",
        leaf="// @ts-check\n/** One. */\nexport const one = 1;\n",
    )
    assert bundle(entry) == (
        "const one = 1;\nconst two = one + 1;\nexport function start() { return two; }\n"
    )


def test_a_module_that_two_others_import_is_there_once(tmp_path: Path) -> None:
    entry = _write(
        tmp_path,
        entry="import { a } from './left.js';\nimport { b } from './right.js';\na(b);\n",
        left="import { x } from './leaf.js';\nexport const a = x;\n",
        right="import {\n  x,\n} from './leaf.js';\nexport const b = x;\n",
        leaf="export const x = 1;\n",
    )
    assert bundle(entry).count("const x = 1;") == 1


@pytest.mark.parametrize(
    ("modules", "reason"),
    [
        ({"entry": "import { a } from './gone.js';\n"}, "not there"),
        ({"entry": "import { a as b } from './leaf.js';\n"}, "not renamed"),
        ({"entry": "import * as all from './leaf.js';\n"}, "not in our dialect"),
        ({"entry": "import leaf from './leaf.js';\n"}, "not in our dialect"),
        ({"entry": "export default 1;\n"}, "not in our dialect"),
        ({"entry": "const a = `two\nlines`;\n"}, "must end on its line"),
        ({"entry": "import { a } from './leaf.js';\nconst a = 2;\n"}, "declared in leaf.js"),
        ({"entry": "import { a } from './loop.js';\n"}, "imports itself"),
    ],
)
def test_what_the_bundler_does_not_know_it_refuses(
    tmp_path: Path, modules: dict[str, str], reason: str
) -> None:
    loop = "import { b } from './entry.js';\nexport const a = 1;\n"
    entry = _write(tmp_path, leaf="export const a = 1;\n", loop=loop, **modules)
    with pytest.raises(BundleError, match=reason):
        bundle(entry)


def test_a_dynamic_import_is_left_to_the_browser(tmp_path: Path) -> None:
    entry = _write(tmp_path, entry="const load = (url) =>\n  import(url);\n")
    assert "import(url)" in bundle(entry)
