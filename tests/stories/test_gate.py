"""The gate before compute: a journey for each reason to refuse, and what is written when none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairhand.core.errors import ConflictError, InvalidError, MalformedError, NotFoundError
from fairhand.pay.royalties.rules import Terms
from fairhand.people.readiness.rules import is_ready_for_compute
from fairhand.storage.blobs import BlobStore
from fairhand.use_cases.change_guidelines import ChangeGuidelines, change_guidelines
from fairhand.use_cases.leave_project import leave_project
from fairhand.use_cases.open_project import OpenProject, open_project
from fairhand.use_cases.read_fitness import read_fitness, read_standing
from fairhand.use_cases.read_readiness import read_readiness
from fairhand.use_cases.set_royalty_terms import SetRoyaltyTerms, set_royalty_terms
from tests.stories.gate_world import GateWorld, make_gate_world


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateWorld]:
    made = make_gate_world(tmp_path_factory.mktemp("gate"))
    yield made
    made.db.close()


@pytest.fixture
def world(base: GateWorld, tmp_path: Path) -> Iterator[GateWorld]:
    twin = base.again(tmp_path)
    yield twin
    twin.db.close()


def test_a_release_of_people_who_agree_and_are_paid_is_fit_and_its_run_is_written_once(
    world: GateWorld,
) -> None:
    found = world.fitness()
    assert [one.verdict for one in found.findings] == ["unchecked"] + ["pass"] * 13
    terms = Terms(0, 100, 6_000, 0, 0, {"seconds": 600, "equal": 400}, world.cast.clock.now)
    set_royalty_terms(
        world.db, SetRoyaltyTerms(world.project, world.cast.carmen, terms), world.cast.clock.now
    )
    done = world.run()
    assert not done.again
    assert world.written() == (1, 1, 1)
    ((owed, people),) = world.cast.rows(
        "SELECT sum(amount_micros), count(*) FROM royalty_share WHERE usage_id = :usage",
        usage=done.usage_id,
    )
    assert (owed, people) == (6_000 * 1_000_000, 3)

    again = world.run()
    assert (again.run_id, again.usage_id, again.again) == (done.run_id, done.usage_id, True)
    assert world.written() == (1, 1, 1)
    with pytest.raises(ConflictError, match="used for another run"):
        world.run(purpose="evaluation")
    assert world.run("run-2", purpose="evaluation").usage_id is None
    assert world.written() == (2, 2, 1)


def test_without_a_promise_of_royalties_the_run_is_written_and_nothing_is_owed(
    world: GateWorld,
) -> None:
    assert world.run().usage_id is None
    assert world.written() == (1, 1, 0)
    for wrong in ({"key": " "}, {"key": "x" * 101}, {"by": ""}, {"manifest_sha256": "0" * 64}):
        with pytest.raises(InvalidError):
            world.run(**{"key": "run-2", **wrong})
    with pytest.raises(NotFoundError):
        world.run("run-2", release_id=99)
    assert world.written() == (1, 1, 0)


def test_who_leaves_stops_every_training_on_what_holds_their_work(world: GateWorld) -> None:
    leave_project(world.db, world.cast.people["Esi"], world.project, world.cast.clock.now)
    refused = world.refusals()["consent"]
    assert refused.words == "1 person whose work is in it agrees no more."
    assert refused.who == ("owner",)
    with pytest.raises(ConflictError) as told:
        world.run()
    assert told.value.code == "not_fit"
    assert "consent" in {issue.place for issue in told.value.issues}
    assert world.written() == (0, 0, 0)


def test_somebody_who_was_erased_agrees_no_more_though_no_grant_of_theirs_is_left(
    world: GateWorld,
) -> None:
    world.cast.change(
        "DELETE FROM consent_grant WHERE person_id = :esi", esi=world.cast.people["Esi"]
    )
    assert "consent" in world.refusals()


def test_who_takes_something_back_between_the_question_and_the_run_is_heard(
    world: GateWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def then_she_leaves(*given: Any) -> object:  # noqa: ANN401  # what the story gives
        found = read_fitness(*given)
        leave_project(world.db, world.cast.people["Esi"], world.project, world.cast.clock.now)
        return found

    monkeypatch.setattr("fairhand.use_cases.run_gate.read_fitness", then_she_leaves)
    with pytest.raises(ConflictError, match="this very moment"):
        world.run()
    assert world.written() == (0, 0, 0)


def test_pay_below_a_floor_or_without_one_stops_training(world: GateWorld) -> None:
    world.cast.change("UPDATE wage_floor SET amount = '99.00' WHERE country = 'GB'")
    refused = world.refusals()["paid"]
    assert refused.words == "3 people in it earned less than their floor so far."
    assert refused.mend.startswith("Close the pay period")
    assert set(refused.who) == {"owner", "manager"}
    world.cast.change("UPDATE person SET place_country = 'AQ'")
    assert "the floor is not known" in world.refusals()["paid"].words


def test_answers_less_sure_than_asked_stop_training(world: GateWorld) -> None:
    assert not world.refusals(quality={"pet": {"confidence": 0.9}})
    refused = world.refusals(quality={"pet": {"confidence": 0.9999}})["quality"]
    assert refused.words.startswith("Below its target: pet: 0.99")
    assert "quality" in world.refusals(quality={"confidence": 0.9999})
    assert "no question" in world.refusals(quality={"pets": {"confidence": 0.5}})["quality"].words
    assert "alike" in world.refusals(quality={"pet": {"alpha": 1.0}})["quality"].words
    world.cast.change("UPDATE project SET target_confidence = 0.9999")
    assert "quality" in world.refusals(), "by default the project's own target is asked"


def test_what_models_made_is_held_to_the_bounds_of_the_training(world: GateWorld) -> None:
    world.cast.change(
        "INSERT INTO task_origin (task_id, project_id, model, depth, verifier, precision_low,"
        " declared_at) SELECT min(id), project_id, 'painter@1', 1, 'Bao', 960, 0 FROM task"
        " GROUP BY project_id"
    )
    world.publish(accept_warnings=True)
    assert "synthetic" not in world.refusals()
    refused = world.refusals(synthetic={"max_depth": 0})["synthetic"]
    assert "away from a person" in refused.words
    with pytest.raises(InvalidError, match="not right"):
        world.refusals(synthetic={"max_depth": 5})  # looser, and nobody says why


def test_a_card_without_a_licence_is_not_complete(world: GateWorld) -> None:
    world.publish(licence="unstated")
    refused = world.refusals()["card"]
    assert refused.words == "The licence is not stated."


def test_what_was_only_tried_out_is_no_data_to_train_on(world: GateWorld) -> None:
    open_project(
        world.db, OpenProject(world.cast.carmen, world.project, "demo"), world.cast.clock.now
    )
    world.publish()
    assert "only tried out" in world.refusals()["people"].words


def test_every_stage_of_readiness_can_refuse_and_those_after_it_wait(world: GateWorld) -> None:
    assert_agrees(world)
    world.set_terms(people_wanted=50)
    refused = world.refusals()
    assert list(refused) == ["workforce", "compute"]
    assert "of 50 take part" in refused["workforce"].words
    assert refused["compute"].words.endswith("Still open: workforce.")
    found = {one.rule: one for one in world.fitness().findings}
    assert found["pipeline"].verdict == "warn"
    assert found["pipeline"].words == "Done, and it comes after workforce, which is not."
    assert_agrees(world)
    world.set_terms(people_wanted=2)
    change_guidelines(
        world.db,
        ChangeGuidelines(world.cast.carmen, world.project, "Look twice."),
        world.cast.clock.now,
    )
    refused = world.refusals()
    assert "workforce" not in refused
    assert "The guidelines changed since" in refused["pipeline"].words
    assert_agrees(world)


def test_a_missing_skill_and_a_project_that_never_opened_refuse_too(world: GateWorld) -> None:
    world.cast.change("INSERT INTO skill (id, name) VALUES (77, 'botany')")
    world.set_terms(skills_wanted=(77,))
    assert "botany" in world.refusals()["talent"].words
    world.set_terms(skills_wanted=(77,), skill_gap="We ask a botanist about doubtful ones.")
    assert not world.refusals()
    world.cast.change("UPDATE project SET mode = 'draft'")
    refused = world.refusals()
    assert "let people work first" in refused["compute"].words
    assert_agrees(world)


def test_a_closed_project_needs_no_more_money_to_be_trained_on(world: GateWorld) -> None:
    world.cast.change("UPDATE project SET mode = 'closed'")
    assert not world.refusals()


def assert_agrees(world: GateWorld) -> None:
    """The gate and `fairhand ready --compute` say the same."""
    ready = read_readiness(world.db, world.project, world.cast.clock.now)
    stages = {"workforce", "pipeline", "talent", "compute"}
    assert is_ready_for_compute(ready.stages) == (not stages & world.refusals().keys())


def test_a_pilots_release_is_never_trained_on(world: GateWorld) -> None:
    ((tested,),) = world.cast.rows("SELECT max(project_id) FROM pilot")
    world.cast.change("UPDATE release SET project_id = :it", it=tested)
    assert "is a pilot" in world.refusals()["compute"].words


def test_an_unknown_purpose_is_refused_by_name(world: GateWorld) -> None:
    refused = world.refusals("trianing")["purpose"]
    assert "'trianing' is no purpose" in refused.words
    own = world.refusals("voice_clone")["purpose"]
    assert "Nobody in it permitted voice_clone" in own.words


def test_another_release_in_its_place_refuses_and_a_newer_one_warns(world: GateWorld) -> None:
    first = world.made
    world.cast.clock.advance(1_000)
    second = world.publish()
    world.made = first
    found = {one.rule: one for one in world.fitness().findings}
    assert found["current"].verdict == "warn"
    assert "newer version, 2" in found["current"].words
    world.cast.change(
        "INSERT INTO release_terms (release_id, purposes, territory, starts_at, ends_at, recipient,"
        " supersedes) VALUES (:new, '[]', '[]', 0, 1, '', :old)",
        new=second.release_id,
        old=first.release_id,
    )
    assert world.refusals()["current"].words == "Version 2 has taken its place."


def test_a_standing_says_signed_who_agrees_and_only_under_its_own_key(world: GateWorld) -> None:
    from fairhand.proof.log.keys import load_or_create_signer
    from fairhand.proof.release.standing import read_standing as parse

    house = world.house()
    data = read_standing(
        world.db,
        BlobStore(f"file://{world.folder}/blobs"),
        house.signer,
        world.made.release_id,
        world.cast.clock.now,
        world.secret,
    )
    house.close()
    signed = parse(data, house.signer.verifier)
    assert signed.manifest_sha256 == world.made.manifest_sha256
    assert signed.standing.agreed
    assert b"Esi" not in data
    stranger = load_or_create_signer(world.folder / "other.key", "fairhand/pets")
    for wrong in (data.replace(b"people_left 0", b"people_left 1"), b"{}", b"[]", b"no"):
        with pytest.raises(MalformedError):
            parse(wrong, house.signer.verifier)
    with pytest.raises(MalformedError):
        parse(data, stranger.verifier)
