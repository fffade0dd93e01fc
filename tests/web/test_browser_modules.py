"""The task page's modules: their own tests under node, and their masks against the server's."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fairhand.labels import rle

REPOSITORY = Path(__file__).resolve().parents[2]
RLE_MODULE = REPOSITORY / "src/fairhand/web/desk/static/rle.js"
MASK_MODULE = REPOSITORY / "src/fairhand/web/desk/static/grain.js"
AREAS_MODULE = REPOSITORY / "src/fairhand/web/desk/static/areas.js"
NODE = shutil.which("node") or ""

pytestmark = pytest.mark.skipif(not NODE, reason="no node: the browser modules are not tested")


def _node(script: str, given: object) -> object:
    run = subprocess.run(
        [NODE, "--input-type=module", "-e", script],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(run.stdout)


def test_the_modules_pass_their_own_tests() -> None:
    tests = sorted(str(path) for path in (REPOSITORY / "tests/js").glob("*.test.js"))
    run = subprocess.run([NODE, "--test", *tests], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout[-4000:]


def _masks() -> list[np.ndarray[Any, np.dtype[np.bool_]]]:
    rng = np.random.default_rng(20261121)
    masks = [
        rng.random(shape) < share for shape in ((1, 1), (7, 5), (64, 48)) for share in (0.1, 0.6)
    ]
    rows, columns = np.mgrid[:200, :150]
    masks.append((rows - 90) ** 2 + (columns - 60) ** 2 < 50**2)
    return [mask for mask in masks if mask.any()]


def test_a_mask_written_in_the_browser_is_the_mask_that_the_server_writes() -> None:
    script = f"""
      import {{ encode }} from '{RLE_MODULE.as_uri()}';
      import {{ Tiles }} from '{MASK_MODULE.as_uri()}';
      import fs from 'node:fs';
      const masks = JSON.parse(fs.readFileSync(0));
      const text = ({{cells, width, height}}) => {{
        const mask = new Tiles(width, height, false);
        cells.forEach((cell, at) => {{
          const x = at % width;
          mask.fillRow((at - x) / width, x, x + 1, cell);
        }});
        return encode(mask).get(1);
      }};
      console.log(JSON.stringify(masks.map(text)));
    """
    masks = _masks()
    given = [
        {
            "cells": mask.astype(int).ravel().tolist(),
            "width": mask.shape[1],
            "height": mask.shape[0],
        }
        for mask in masks
    ]
    assert _node(script, given) == [rle.encode(mask) for mask in masks]


def test_a_mask_written_on_the_server_is_read_in_the_browser_pixel_for_pixel() -> None:
    script = f"""
      import {{ decodeInto }} from '{RLE_MODULE.as_uri()}';
      import {{ Tiles }} from '{MASK_MODULE.as_uri()}';
      import {{ cellAt }} from '{AREAS_MODULE.as_uri()}';
      import fs from 'node:fs';
      const read = ({{text, width, height}}) => {{
        const mask = new Tiles(width, height, false);
        decodeInto(text, mask, 1);
        const cell = (_, at) => cellAt(mask, at % width, Math.floor(at / width));
        return Array.from({{ length: width * height }}, cell);
      }};
      console.log(JSON.stringify(JSON.parse(fs.readFileSync(0)).map(read)));
    """
    masks = _masks()
    given = [
        {"text": rle.encode(mask), "width": mask.shape[1], "height": mask.shape[0]}
        for mask in masks
    ]
    assert _node(script, given) == [mask.astype(int).ravel().tolist() for mask in masks]
