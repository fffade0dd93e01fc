"""Install and start the model server of the package `label-studio-ml`, apart from our packages.

`FAIRHAND_LABEL_STUDIO_ML` may name the Python of an environment that has another release.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
_PATIENCE_S = 60.0


def python_with_label_studio_ml() -> Path:
    """Give the Python of an environment with the package, making it where there is none yet."""
    named = os.environ.get("FAIRHAND_LABEL_STUDIO_ML")
    if named:
        return Path(named)
    pins = HERE / "requirements.txt"
    mark = hashlib.sha256(pins.read_bytes()).hexdigest()[:12]
    folder = Path(sys.prefix) / "peers" / f"label-studio-ml-{mark}"
    python = folder / "bin" / "python"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "label-studio-ml.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _install(folder, python, pins)
            (folder / "ready").touch()
    return python


def _install(folder: Path, python: Path, pins: Path) -> None:
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.prefix) / "bin"))
    if uv:
        _run(uv, "venv", "--quiet", "--python", sys.executable, str(folder))
        _run(uv, "pip", "install", "--quiet", "--python", str(python), "-r", str(pins))
        return
    _run(sys.executable, "-m", "venv", str(folder))
    _run(str(python), "-m", "pip", "install", "--quiet", "-r", str(pins))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2_000:]


@contextmanager
def model_server(folder: Path) -> Iterator[str]:
    """Set a project of the model server up in a folder and start it; gives its address."""
    python = python_with_label_studio_ml()
    (folder / "model.py").write_text((HERE / "model.txt").read_text())
    (folder / "models").mkdir()
    port = _free_port()
    environment = {
        **{name: word for name, word in os.environ.items() if "proxy" not in name.lower()},
        "MODEL_DIR": str(folder / "models"),
        "HOME": str(folder),
        "LABEL_STUDIO_ML_BACKEND_V2": "1",
    }
    command = [
        str(python.parent / "label-studio-ml"),
        "init",
        "server",
        "--script",
        "model.py:Brightness",
    ]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2_000:]
    with (folder / "server.log").open("w") as written:
        server = subprocess.Popen(
            [str(python), "server/_wsgi.py", "--port", str(port), "--host", "127.0.0.1"],
            cwd=folder, env=environment, stdout=written, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _wait_for(f"http://127.0.0.1:{port}/health", server, folder / "server.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(10)


def _wait_for(url: str, server: subprocess.Popen[bytes], written: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        assert server.poll() is None, written.read_text()[-2_000:]
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  # our own
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the model server did not start: {written.read_text()[-2_000:]}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
