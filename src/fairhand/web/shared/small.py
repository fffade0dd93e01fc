"""Scripts and styles without what only their readers need: comments, spaces, long local names.

Names are shortened by a library in Go. Its runtime has threads and signal handlers of its own,
which have no business in a server that may fork; so it works in a process of its own, once at
start. Where it is not to be had, scripts keep their names and are a seventh larger.

It is used for the largest scripts alone, which journeys in a browser walk through from end to end:
it has been seen to move a declaration below its first use.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping

import rcssmin
import rjsmin

SHORTENED = ("desk/task.js", "desk/mask.js")
_TIME_LIMIT_S = 60
_SHORTEN = """
import json, sys
import minify
scripts = json.load(sys.stdin)
json.dump({name: minify.string("application/javascript", text) for name, text in scripts.items()},
          sys.stdout)
"""


def small_scripts(scripts: Mapping[str, str]) -> dict[str, str]:
    """Shorten scripts, by name; those of `SHORTENED` the most."""
    plain = {name: str(rjsmin.jsmin(text)) for name, text in scripts.items()}
    try:
        done = subprocess.run(  # noqa: S603  # our own words to our own interpreter
            [sys.executable, "-c", _SHORTEN],
            input=json.dumps({name: scripts[name] for name in SHORTENED if name in scripts}),
            capture_output=True,
            text=True,
            check=True,
            timeout=_TIME_LIMIT_S,
        )
        shortened: dict[str, str] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return plain
    return {name: shortened.get(name) or text for name, text in plain.items()}


def small_styles(text: str) -> str:
    """Shorten a style sheet."""
    return str(rcssmin.cssmin(text))
