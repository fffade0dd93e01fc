"""The services of `deploy/compose.yaml`, run as processes of this machine instead of containers.

Commands, environments and checks of health are read from the files themselves; what a container
has to itself is mapped: hosts to ports of the loopback, volumes to folders. PostgreSQL and Caddy
are real, the store is moto's server, letters go to a server of the tests. Nothing of this
process's own environment is handed on.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.buckets import Door
from tests.engines import PostgresServer, find_postgres_binaries

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
PATIENCE_S = 120.0
_MADE_UP = "ofTwentyFourLettersAndMore1"


def composition() -> dict[str, Any]:
    """Read compose.yaml, its anchors merged."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return found


def filled_in(site: str) -> dict[str, str]:
    """Fill env.example in as its words ask: the address, and passwords where nothing stands."""
    lines = re.findall(r"^(\w+)=(.*)$", (DEPLOY / "env.example").read_text("utf-8"), re.M)
    made_up = {name: _MADE_UP for name, given in lines if name.endswith("PASSWORD")}
    return dict(lines) | made_up | {"SITE": site}


def image_environment() -> dict[str, str]:
    """Read what the Dockerfile's ENV sets."""
    text = (DEPLOY / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    said = [pair for line in re.findall(r"^ENV (.*)$", text, re.M) for pair in shlex.split(line)]
    given = dict(pair.split("=", 1) for pair in said)
    given.pop("PATH")  # of the image's own folders
    return given


def image_health() -> list[str]:
    """Read the command of the Dockerfile's HEALTHCHECK."""
    text = (DEPLOY / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    found = re.search(r"^HEALTHCHECK .*?CMD (\[.*\])$", text, re.M)
    assert found is not None
    command: list[str] = yaml.safe_load(found[1])
    return command


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Machine:
    """Where the composition runs: one folder, a database, a store, and ports."""

    folder: Path
    database: PostgresServer
    store: Door
    mail_port: int
    settings: dict[str, str] = field(init=False)
    ports: dict[str, int] = field(init=False)
    https: int = field(default_factory=free_port)
    http: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.settings = filled_in(f"localhost:{self.https}") | {
            "MAIL_HOST": "127.0.0.1",
            "MAIL_PORT": str(self.mail_port),
            "MAIL_SECURITY": "none",
            "MAIL_SENDER": "fairhand@example.org",
        }
        self.ports = {name: free_port() for name in ("server-a", "server-b")}
        for made in ("workspace", "backups", "home", "certificates"):
            (self.folder / made).mkdir()

    @property
    def url(self) -> str:
        """Where people open it."""
        return f"https://{self.settings['SITE']}"

    def _mapped(self, text: str) -> str:
        """Write what only a container knows as it is here."""
        text = re.sub(r"\$\{(\w+):\?\}", lambda found: self.settings[found[1]], text)
        text = re.sub(r"\$\{(\w+):-(.*?)\}", lambda one: self.settings[one[1]] or one[2], text)
        text = text.replace("$$", "$").replace("http://store:9000", self.store.behind)
        text = re.sub(r"@database:5432/(\w+)", rf"@/\1?host={self.database.home}", text)
        return re.sub(
            r"(?<!\S)/(workspace|backups)\b", lambda found: str(self.folder / found[1]), text
        )

    def environment(self, service: str) -> dict[str, str]:
        """Give exactly what the service's container has, and where programs lie here."""
        binaries = find_postgres_binaries()
        places = [Path(sys.executable).parent, binaries, "/usr/bin", "/bin"]
        given: dict[str, str] = composition()["services"][service].get("environment", {})
        own = {name: self._mapped(value) for name, value in (image_environment() | given).items()}
        own |= {
            "PATH": os.pathsep.join(str(place) for place in places),
            "HOME": str(self.folder / "home"),
        }
        if "PYTHONPATH" in os.environ:
            own["PYTHONPATH"] = os.environ["PYTHONPATH"]
        if service in self.ports:  # containers have an address each, processes a port
            own |= {"FAIRHAND_HOST": "127.0.0.1", "FAIRHAND_PORT": str(self.ports[service])}
        return own

    def command(self, service: str) -> list[str]:
        """Split the service's command as Compose does."""
        said: str | list[str] = composition()["services"][service]["command"]
        words = shlex.split(said) if isinstance(said, str) else said
        return [self._mapped(word) for word in words]

    def start(self, service: str) -> None:
        """Start a service as its container would be."""
        with (self.folder / f"{service}.log").open("a") as log:
            self.processes[service] = subprocess.Popen(
                self.command(service),
                env=self.environment(service),
                cwd=self.folder / "home",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def execute(self, service: str, command: str) -> str:
        """Run a command inside a service, as `docker compose exec` and `run` do."""
        done = subprocess.run(
            shlex.split(command),
            env=self.environment(service),
            cwd=self.folder / "home",
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def is_healthy(self, service: str) -> bool:
        """Ask as Docker would: by the service's own check, else by the image's."""
        check = composition()["services"][service].get("healthcheck")
        if check is None:
            command = [word.replace("8000", str(self.ports[service])) for word in image_health()]
        else:
            kind, *words = check["test"]
            command = ["sh", "-c", words[0]] if kind == "CMD-SHELL" else words
        here = self.environment(service)
        if service == "database":  # inside its container pg_isready finds the socket by itself
            here["PGHOST"] = str(self.database.home)
        return subprocess.run(command, env=here, capture_output=True).returncode == 0

    def wait_until_healthy(self, service: str) -> None:
        """Wait as long as somebody would."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.is_healthy(service):
            running = self.processes.get(service)
            assert running is None or running.poll() is None, self.log(service)
            assert time.monotonic() < deadline, f"{service}: {self.log(service)}"
            time.sleep(0.2)

    def stop(self, service: str) -> int:
        """Stop a service as `docker compose stop` does, and give how it ended."""
        process = self.processes.pop(service)
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(_grace_s(service))
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"{service} did not stop in time: {self.log(service)}") from None

    def log(self, service: str) -> str:
        """Read what it said."""
        return (self.folder / f"{service}.log").read_text("utf-8")

    def start_caddy(self) -> None:
        """Start Caddy on the file of `deploy/`, with the certificate that its words offer."""
        text = (DEPLOY / "Caddyfile").read_text("utf-8").replace("# tls internal", "tls internal")
        for name, port in self.ports.items():
            text = text.replace(f"{name}:8000", f"127.0.0.1:{port}")
        ports = f"http_port {self.http}\n\thttps_port {self.https}"
        config = self.folder / "Caddyfile"
        config.write_text(f"{{\n\tadmin off\n\tskip_install_trust\n\t{ports}\n}}\n{text}")
        program = shutil.which("caddy")
        assert program is not None
        kept = str(self.folder / "certificates")
        with (self.folder / "caddy.log").open("a") as log:
            self.processes["caddy"] = subprocess.Popen(
                [program, "run", "--config", str(config), "--adapter", "caddyfile"],
                env={"SITE": self.settings["SITE"], "XDG_DATA_HOME": kept, "HOME": kept},
                stdout=log,
                stderr=log,
                text=True,
            )
        deadline = time.monotonic() + PATIENCE_S
        while not (self.authority.exists() and _listens(self.https)):
            assert self.processes["caddy"].poll() is None, self.log("caddy")
            assert time.monotonic() < deadline, self.log("caddy")
            time.sleep(0.1)

    @property
    def authority(self) -> Path:
        """The certificate by which Caddy vouches for its own."""
        return self.folder / "certificates/caddy/pki/authorities/local/root.crt"

    def client(self, address: str = "127.0.0.1", **headers: str) -> httpx.Client:
        """Open a browser's stand-in at an address of its own."""
        return httpx.Client(
            base_url=self.url,
            transport=self.transport(address),
            headers=headers,
            timeout=PATIENCE_S,
        )

    def transport(self, address: str = "127.0.0.1") -> httpx.HTTPTransport:
        """Connect as one who trusts the certificate, from an address of one's own."""
        trusting = ssl.create_default_context(cafile=str(self.authority))
        return httpx.HTTPTransport(verify=trusting, local_address=address)

    def end(self) -> None:
        """End whatever still runs."""
        for process in self.processes.values():
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _grace_s(service: str) -> float:
    said = composition()["services"][service].get("stop_grace_period", "10s")
    return float(said.removesuffix("s"))
