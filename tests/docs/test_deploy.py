"""What is in `deploy/` is valid, and names settings and commands that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from fairhand.cli.app import app
from fairhand.core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm" / "fairhand"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
TEMPLATES = sorted((CHART / "templates").glob("*.yaml"))
_SETTING = re.compile(r"\bFAIRHAND_([A-Z0-9_]+)\b")
_COMMAND = re.compile(r"\bfairhand[ ,]+([a-z]+)(?: |,|\]|$)", re.MULTILINE)
_EXPRESSION = re.compile(r"\{\{ (.+?) \}\}")


def render(template: str, values: dict[str, Any]) -> str:
    """Fill a template in as Helm does, for the few expressions that the chart uses."""

    def filled(match: re.Match[str]) -> str:
        said = match[1]
        printed = re.fullmatch(r'printf "(.*)%s" \.Values\.(\w+) \| quote', said)
        if printed:
            return f'"{printed[1]}{values[printed[2]]}"'
        plain = re.fullmatch(r"\.Values\.(\w+)( \| quote)?", said)
        assert plain, f"{said}: keep templates simple, or teach this test"
        return f'"{values[plain[1]]}"' if plain[2] else str(values[plain[1]])

    return _EXPRESSION.sub(filled, template)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_setting_that_is_named_exists(path: Path) -> None:
    named = {name.lower() for name in _SETTING.findall(path.read_text("utf-8"))}
    assert named - set(Settings.model_fields) == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_command_that_is_named_exists(path: Path) -> None:
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    lines = [line for line in path.read_text("utf-8").splitlines() if "image" not in line]
    text = "\n".join(line for line in lines if re.search(r"command|CMD|backup /|run --rm", line))
    assert {name for name in _COMMAND.findall(text) if name != "init"} - known == set()


def test_the_composition_has_two_of_each_and_what_they_need() -> None:
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    services = found["services"]
    wanted = {"database", "store", "caddy", "server-a", "server-b", "worker-a", "worker-b"}
    assert wanted | {"backup", "bucket"} == set(services)
    for name in ("server-a", "server-b", "worker-a", "worker-b", "backup"):
        given = services[name]["environment"]
        settings = {k: v for k, v in given.items() if k.startswith("FAIRHAND_")}
        assert settings["FAIRHAND_DATABASE_URL"].startswith("postgresql://")
        assert "workspace:/workspace" in services[name]["volumes"]
        assert {"FAIRHAND_MAIL", "MAIL_PASSWORD"} <= set(given)
    proxied = (DEPLOY / "Caddyfile").read_text("utf-8")
    assert "reverse_proxy server-a:8000 server-b:8000" in proxied
    mounted = {each.split(":")[0] for one in services.values() for each in one.get("volumes", [])}
    assert mounted - set(found["volumes"]) == {"./Caddyfile"}
    asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text("utf-8")))
    offered = set(re.findall(r"^(\w+)=", (DEPLOY / "env.example").read_text("utf-8"), re.M))
    assert asked == offered


def test_the_image_dumps_and_restores_with_the_servers_own_version() -> None:
    """A newer pg_restore asks for what an older server does not know; an older one is refused."""
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    server = re.fullmatch(r"postgres:(\d+)", found["services"]["database"]["image"])
    image = (DEPLOY / "Dockerfile").read_text("utf-8")
    clients = re.findall(r"postgresql-client(?:-(\d+))?", image)
    assert server is not None
    assert clients == [server[1]]
    # Which Debian an image is built on decides which clients there are to be had.
    bases = re.findall(r"^FROM \S+-slim-(\w+)", image, re.MULTILINE)
    assert bases == [{"15": "bookworm", "17": "trixie"}[server[1]]] * 2


def test_settings_of_the_composition_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    for name, value in found["services"]["server-a"]["environment"].items():
        plain = re.sub(r"\$\{\w+:\?\}", "x", value)
        monkeypatch.setenv(name, re.sub(r"\$\{\w+:-(.*?)\}", r"\1", plain))
    assert Settings().metrics_from[-1] == "172.16.0.0/12"
    assert not Settings().mail.host, "nothing is sent before a server is named"


def test_a_mail_server_that_is_named_reaches_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"HOST": "smtp.example.org", "PORT": "465", "SECURITY": "tls"}
    names |= {"SENDER": "fairhand@example.org", "USER": "fairhand", "PASSWORD": "of the server"}
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    given = found["services"]["worker-a"]["environment"]
    said = {name: given[name] for name in ("FAIRHAND_MAIL", "MAIL_PASSWORD")}
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    values |= {f"mail{name.capitalize()}": value for name, value in names.items()}
    chart = yaml.safe_load(render((CHART / "templates/settings.yaml").read_text("utf-8"), values))
    for mail in (said["FAIRHAND_MAIL"], chart["data"]["FAIRHAND_MAIL"]):
        for name, value in {**said, "FAIRHAND_MAIL": mail}.items():
            filled = re.sub(r"\$\{MAIL_(\w+):-.*?\}", lambda one: names[one[1]], value)
            monkeypatch.setenv(name, filled)
        monkeypatch.setenv("FAIRHAND_PUBLIC_URL", "https://label.example.org")
        read = Settings().mail
        assert (read.host, read.port, read.security) == ("smtp.example.org", 465, "tls")
        assert (read.sender, read.user, read.password) == (
            "fairhand@example.org",
            "fairhand",
            "of the server",
        )


def test_the_chart_renders_to_objects_that_fit_together() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    text = [render(path.read_text("utf-8"), values) for path in TEMPLATES]
    objects = [one for part in text for one in yaml.safe_load_all(part)]
    assert "{{" not in "".join(text)
    kinds = sorted(one["kind"] for one in objects)
    assert kinds == sorted(
        ["ConfigMap", "CronJob", "Deployment", "Deployment", "Ingress", "Service", "Service"]
        + ["PersistentVolumeClaim"] * 2
    )
    claims = {o["metadata"]["name"] for o in objects if o["kind"] == "PersistentVolumeClaim"}
    used = set(re.findall(r"claimName: ([\w-]+)", "".join(text)))
    assert used == claims
    deployments = [one for one in objects if one["kind"] == "Deployment"]
    assert [one["spec"]["replicas"] for one in deployments] == [2, 2]
    service = next(one for one in objects if one["kind"] == "Service")
    server = deployments[0]["spec"]["template"]
    assert server["metadata"]["labels"].items() >= service["spec"]["selector"].items()
    assert json.loads(objects_of(objects, "ConfigMap")["data"]["FAIRHAND_MAIL"])["host"] == ""
    assert yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))["apiVersion"] == "v2"


def test_the_ingress_shows_nobody_what_is_for_the_cluster() -> None:
    """What the Caddyfile hides, the chart hides too."""
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    text = render((CHART / "templates" / "front.yaml").read_text("utf-8"), values)
    front = list(yaml.safe_load_all(text))
    pods = render((CHART / "templates" / "fairhand.yaml").read_text("utf-8"), values)
    parts = {
        one["spec"]["template"]["metadata"]["labels"]["part"]
        for one in yaml.safe_load_all(pods)
        if one["kind"] == "Deployment"
    }
    selected = {o["metadata"]["name"]: o["spec"]["selector"]["part"] for o in front[:2]}
    (rule,) = objects_of(front, "Ingress")["spec"]["rules"]
    leads = {one["path"]: one["backend"]["service"]["name"] for one in rule["http"]["paths"]}
    assert {one["pathType"] for one in rule["http"]["paths"]} == {"Prefix"}
    assert selected[leads["/"]] in parts
    caddy = (DEPLOY / "Caddyfile").read_text("utf-8")
    hidden = re.findall(r"^\s*@inside path (.+)$", caddy, re.M)[0].split()
    assert set(hidden) == {"/metrics", "/ready"}
    for path in hidden:
        assert selected[leads[path]] not in parts, path


def objects_of(objects: list[Any], kind: str) -> Any:  # noqa: ANN401  # a YAML object
    """Find the one object of a kind."""
    (found,) = [one for one in objects if one["kind"] == kind]
    return found
