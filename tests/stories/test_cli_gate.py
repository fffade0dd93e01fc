"""`fairhand gate` as a training machine meets it: what runs, what does not, and what is said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fairhand.cli.gate_command import find_command
from fairhand.core.clock import HOUR_MS, Instant, system_now
from fairhand.core.errors import FairhandError
from fairhand.proof.release.fit_folder import look_at_folder
from fairhand.proof.release.fitness import Finding, Standing
from fairhand.proof.release.standing import sign_standing
from fairhand.proof.revocation.rules import sign_list, write_list
from fairhand.use_cases import house as houses
from fairhand.use_cases.leave_project import leave_project
from tests.stories.gate_world import GateWorld, make_gate_world
from tests.stories.terminal import Said, run


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateWorld]:
    made = make_gate_world(tmp_path_factory.mktemp("gate"))
    yield made
    made.db.close()


@pytest.fixture
def world(base: GateWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GateWorld]:
    twin = base.again(tmp_path)
    at_its_time = partial(houses.open_house, clock=twin.cast.clock)
    monkeypatch.setattr(houses, "open_house", at_its_time)
    yield twin
    twin.db.close()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str], dict[str, str]]]:
    """What was started in our place, which a test outlives."""
    seen: list[tuple[str, list[str], dict[str, str]]] = []

    def become(found: str, command: list[str], environment: Mapping[str, str]) -> None:
        seen.append((found, command, dict(environment)))
        raise SystemExit(7)

    monkeypatch.setattr(os, "execve", become)
    return seen


def gate(world: GateWorld, *arguments: str) -> Said:
    """Ask the gate about this workspace."""
    return run("gate", "-w", str(world.folder), *arguments)


def toml(world: GateWorld, text: str) -> str:
    path = world.folder / "release.toml"
    path.write_text(text, "utf-8")
    return str(path)


def standing(world: GateWorld, *, left: int = 0, age_h: float = 0, manifest: str = "") -> str:
    """Write the file that a machine without a network is let in by."""
    house = world.house()
    house.close()
    at = Instant(system_now() - int(age_h * HOUR_MS))
    listed = write_list(world.made.release_id, 1, 0, (), at)
    note = sign_list(house.signer, listed, world.made.release_id, 0, 0).note
    said = Standing(people_left=left, items_revoked=0, is_settled=True, checked_at=at)
    data = sign_standing(
        house.signer,
        world.made.release_id,
        manifest or world.made.manifest_sha256,
        said,
        (listed, note),
    )
    path = world.folder / "standing.json"
    path.write_bytes(data)
    return str(path)


def test_training_takes_the_gates_place_and_the_run_counts_once_a_key(
    world: GateWorld, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRHAND_TOKEN", "fh_secret")
    number = str(world.made.release_id)
    looked = gate(world, "--release", number, "--json")
    assert (looked.code, looked.json["fit"], world.written()) == (0, True, (0, 0, 0))
    assert {one["verdict"] for one in looked.json["findings"]} == {"pass"}

    for again in ("", " It had been written down before."):
        said = gate(world, "--release", number, "--key", "ci-7", "--", "true", "--release", "9")
        assert said.code == 7, said.err
        assert said.out == "", "what is said on stdout is the command's own"
        assert f"Run 1 is written down.{again}" in said.err
    assert world.written() == (1, 1, 0)
    found, command, environment = started[0]
    assert found.endswith("/true")
    assert command == ["true", "--release", "9"]
    assert environment["FAIRHAND_RELEASE"] == str(world.made.directory)
    assert "FAIRHAND_TOKEN" not in environment


def test_a_release_toml_says_what_is_asked_and_what_is_wrong_in_it_is_named(
    world: GateWorld, started: list[Any]
) -> None:
    world.copied("pets-v1")
    fine = "[release]\nfolder = 'pets-v1'\n[training]\nby = 'Example Lab'\n"
    assert gate(world, toml(world, fine), "--", "true").code == 7
    strict = f"{fine}[quality.pet]\nconfidence = 0.9999\n"
    refused = gate(world, toml(world, strict), "--", "true")
    assert refused.code == 1
    assert "Below its target: pet: 0.99" in refused.out
    assert "owner (Carmen), reviewer: http" in refused.out
    assert "Nothing was started or written down." in refused.out
    assert (len(started), world.written()[0]) == (1, 1)

    # What the file says goes before the environment, and the command line before both.
    empty = world.folder / "empty"
    there = f"[house]\nworkspace = '{world.folder}'\n{fine}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIRHAND_WORKSPACE", str(empty))
        assert run("gate", toml(world, there), "--", "true").code == 7
        assert run("gate", toml(world, fine), "--", "true").code == 3
    started.clear()

    wrong = "[release]\nfolder = 3\nfoldre = 'x'\n[quality]\npet = 0.9\n[house]\ntoken = 'fh_x'\n"
    wrong += "[coverage]\ngroups = 2\n[synthetic]\nmax_depht = 1\n[traning]\n"
    said = gate(world, toml(world, wrong), "--", "true")
    assert said.code == 2
    for place in (
        "release.folder",
        "release.foldre",
        "quality.pet",
        "house.token",
        "coverage.groups",
        "synthetic.max_depht",
        "traning",
    ):
        assert place in said.err
    assert gate(world, toml(world, "[release"), "--", "true").code == 2
    assert "There is no file" in gate(world, "nowhere.toml", "--", "true").err
    assert gate(world, "--", "true").code == 2, "no release was named"
    assert started == []


def whole_or_not(folder: Path) -> Finding:
    """What is said of the files of a folder."""
    return look_at_folder(folder, ()).findings[0]


def test_a_half_copied_or_changed_release_is_refused_and_says_what_is_wrong(
    world: GateWorld, started: list[Any]
) -> None:
    copy = world.copied()
    rows = next(copy.glob("*.parquet"))
    whole = rows.read_bytes()
    rows.write_bytes(whole[: len(whole) // 2])
    said = gate(world, "--release", str(copy), "--", "true")
    assert said.code == 1
    assert f"{rows.name}: it has" in said.out
    assert "Fetch the release again, whole" in said.out
    rows.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    assert "its content was changed" in whole_or_not(copy).words
    rows.write_bytes(whole)
    assert whole_or_not(copy).verdict == "warn", "no key was named"
    (copy / "manifest.json").unlink()
    assert "only half of one" in whole_or_not(copy).words
    assert "There is no folder" in gate(world, "--release", "nowhere", "--", "true").out
    assert gate(world, "--release", "99", "--", "true").code == 2
    assert (started, world.written()) == ([], (0, 0, 0))


def test_another_logs_key_or_a_release_of_another_house_is_refused(
    world: GateWorld, base: GateWorld, tmp_path: Path, started: list[Any]
) -> None:
    other = run("init", "-w", str(tmp_path / "other"), "--owner", "Dmitri", "--json")
    assert other.code == 0
    key = run("log", "key", "-w", str(tmp_path / "other")).out.strip()
    said = gate(world, "--release", "1", "--log-key", key, "--", "true")
    assert said.code == 1
    assert "not the one to be trusted" in said.out
    stranger = ("gate", "-w", str(tmp_path / "other"), "--release", str(world.made.directory))
    said = run(*stranger, "--", "true")
    assert said.code == 1
    assert started == []


def test_a_command_that_cannot_start_is_not_written_down(
    world: GateWorld, started: list[Any]
) -> None:
    script = world.folder / "train.sh"
    for content, mode, words in (
        (None, 0, "is not there"),
        (b"#!/bin/sh\n", 0o600, "may not be run"),
        (b"#!/no/such/shell\n", 0o700, "is to be run by /no/such/shell"),
        (b"echo hello\n", 0o700, "no program that this machine can start"),
    ):
        if content is not None:
            script.write_bytes(content)
            script.chmod(mode)
        with pytest.raises(FairhandError, match=words):
            find_command([str(script)])
    said = gate(world, "--release", "1", "--", str(script))
    assert (said.code, words in said.err) == (2, True)
    assert (started, world.written()) == ([], (0, 0, 0))


def test_who_can_mend_it_is_said_with_names_and_the_page(
    world: GateWorld, started: list[Any]
) -> None:
    leave_project(world.db, world.cast.people["Esi"], world.project, world.cast.clock.now)
    world.set_terms(people_wanted=50)
    said = gate(world, "--release", "1", "--json", "--", "true")
    assert said.code == 1
    refused = {one["rule"]: one for one in said.json["findings"] if one["verdict"] == "refuse"}
    assert set(refused) == {"consent", "workforce", "compute"}
    assert refused["consent"]["who"] == {"owner": ["Carmen"]}
    assert refused["consent"]["link"].endswith(f"/projects/{world.project}/releases/1")
    ready = run("ready", "-w", str(world.folder), str(world.project), "--compute")
    assert ready.code == 1, "`fairhand ready --compute` and the gate agree"
    assert (started, world.written()) == ([], (0, 0, 0))


def test_without_a_network_only_a_fresh_signed_file_lets_in_and_the_rest_is_said_to_be_unknown(
    world: GateWorld, started: list[Any]
) -> None:
    copy, key = str(world.copied()), run("log", "key", "-w", str(world.folder)).out.strip()
    fresh = ("gate", "--release", copy, "--log-key", key, "--offline-list")
    said = run(*fresh, standing(world), "--", "true")
    assert said.code == 7, said.err
    assert "Only the house that made it can say" in said.err
    assert "Nothing was written down" in said.err
    looked = run(*fresh, standing(world), "--json").json
    unknown = {one["rule"] for one in looked["findings"] if one["verdict"] == "unchecked"}
    assert {"paid", "coverage", "workforce", "compute", "current"} <= unknown
    assert not looked["asked"]
    changes: tuple[tuple[dict[str, Any], str], ...] = (
        ({"age_h": 25}, "more than 24 hours ago"),
        ({"age_h": -1}, "which is still to come"),
        ({"left": 1}, "agrees no more"),
        ({"manifest": "0" * 64}, "which is another"),
    )
    for change, words in changes:
        refused = run(*fresh, standing(world, **change), "--", "true")
        assert refused.code == 1, words
        assert words in refused.out
    lone = world.folder / "revocations.json"
    lone.write_bytes(write_list(1, 1, 0, (), system_now()))
    wrong = run(*fresh, str(lone), "--", "true")
    assert (wrong.code, "fairhand release standing" in wrong.err) == (2, True), wrong.err
    unknown_key = run(*fresh[:3], "--offline-list", standing(world))
    assert "checked under the key that came with it" in unknown_key.out
    assert (len(started), world.written()) == (1, (0, 0, 0))


def test_a_standing_is_written_by_the_workspace(world: GateWorld) -> None:
    path = str(world.folder / "today.json")
    said = run("release", "standing", "1", "-o", path, "-w", str(world.folder))
    assert said.code == 0, said.err
    content = json.loads(Path(path).read_bytes())
    assert "people_left 0\n" in content["note"]


@pytest.mark.slow
def test_the_commands_exit_code_and_its_signals_are_its_own(world: GateWorld) -> None:
    copy, listed = str(world.copied()), standing(world)
    start = (
        sys.executable, "-c", "from fairhand.cli import main; main()", "gate",
        "--release", copy, "--offline-list", listed, "--", sys.executable, "-c",
    )  # fmt: skip
    waits = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(42))\n"
        "print('training', flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([*start, waits], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "training\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 42
