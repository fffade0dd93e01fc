"""The synthetic-data guard refuses what is known to make models learn from models."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from math import comb
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.core.errors import InvalidError, MalformedError
from fairhand.core.ids import sha256_hex
from fairhand.proof.release.folder import sha256_of
from fairhand.proof.release.guard import (
    DEFAULT,
    POLICY,
    RULES,
    Bounds,
    Judgement,
    guard_facts,
    judge,
    judge_facts,
    parse_bounds,
)
from fairhand.proof.release.guard_counts import (
    Blind,
    Checked,
    GuardCounts,
    Parent,
    Proposer,
    dump_counts,
    parse_counts,
)
from fairhand.proof.release.guard_watch import (
    BlindCounting,
    GuardCounting,
    ParentCounting,
    RealItem,
    distinct_in,
    entropy,
    is_real_item,
    with_measures,
)
from fairhand.proof.release.manifest import FileEntry, dump_manifest, parse_manifest
from fairhand.proof.release.parent import read_real_items
from fairhand.proof.release.rules import AnnotationRow, ReleaseRow
from fairhand.proof.release.shape import LABELS
from tests.rules.proof.releases import make_release

HUMAN = ReleaseRow(
    task_id=1, question="pet", kind="choice", value="cat", confidence=0.9, probabilities=None,
    method="majority", answers=1, assisted=0, simulated=0, mode="open", data={},
)  # fmt: skip
ACCEPTED = replace(HUMAN, origin="synthetic", depth=1, assisted=1, models=("yolo@1",))
CONFIRMED = replace(HUMAN, origin="assisted", assisted=1)
WRITTEN = replace(HUMAN, data_origin="synthetic", data_depth=1, data_model="writer@1")


def rows(**kinds: int) -> list[ReleaseRow]:
    """So many rows of each kind, each about a task of its own."""
    known = {"human": HUMAN, "accepted": ACCEPTED, "confirmed": CONFIRMED, "written": WRITTEN}
    made = [known[kind] for kind, count in kinds.items() for _ in range(count)]
    return [replace(row, task_id=number) for number, row in enumerate(made, start=1)]


def counted(made: list[ReleaseRow], slices_by: tuple[str, ...] = ()) -> GuardCounts:
    counting = GuardCounting(slices_by)
    for row in made:
        counting.add_row(row)
    return with_measures(counting.result(), [], {"yolo@1": True}, None, Blind())


def said(judgement: Judgement, rule: str) -> str:
    (found,) = [one for one in judgement.findings if one.rule == rule]
    assert (found.verdict == "pass") == (found.mend == "")
    assert found.words.endswith(".")
    return found.verdict


def test_a_release_of_people_alone_passes_every_rule() -> None:
    judgement = judge(counted(rows(human=100)))
    assert judgement.verdict == "pass"
    assert tuple(one.rule for one in judgement.findings) == RULES


def test_an_item_that_is_two_models_deep_is_refused() -> None:
    deep = [*rows(human=99), replace(ACCEPTED, task_id=100, depth=2)]
    judgement = judge(counted(deep))
    assert said(judgement, "depth") == "refuse"
    assert "1 of 100 items" in judgement.refusals[0].words
    assert said(judge(counted(deep), Bounds(max_depth=2, why="a trial")), "depth") == "pass"


def test_the_data_of_an_item_count_as_its_depth_too() -> None:
    deep = [*rows(human=99), replace(WRITTEN, task_id=100, data_depth=2)]
    assert said(judge(counted(deep)), "depth") == "refuse"
    answers_alone = Bounds(learns="answers", why="replies of models are what is judged")
    assert said(judge(counted(deep), answers_alone), "depth") == "pass"


@pytest.mark.parametrize(
    ("real", "verdict"), [(49, "refuse"), (50, "warn"), (61, "warn"), (62, "pass"), (100, "pass")]
)
def test_a_real_weight_below_a_half_is_refused_and_below_the_golden_ratio_told(
    real: int, verdict: str
) -> None:
    assert said(judge(counted(rows(human=real, accepted=100 - real))), "real_weight") == verdict


def test_a_proposal_that_somebody_confirmed_unseen_is_real() -> None:
    assert said(judge(counted(rows(confirmed=60, accepted=40))), "real_weight") == "warn"
    assert said(judge(counted(rows(confirmed=90, accepted=10))), "real_weight") == "pass"


def test_simulated_people_are_nobody() -> None:
    made = [replace(row, simulated=1) for row in rows(human=60)] + rows(human=40)
    judgement = judge(counted(made))
    assert said(judgement, "real_weight") == "refuse"
    assert "60 answers are simulated" in judgement.refusals[0].words


def test_more_than_one_synthetic_item_to_two_real_ones_is_told() -> None:
    assert said(judge(counted(rows(human=100, accepted=50))), "ratio") == "pass"
    assert said(judge(counted(rows(human=100, accepted=51))), "ratio") == "warn"


@pytest.mark.parametrize(
    ("parent", "verdict"),
    [
        (None, "pass"),
        (Parent(1, real=9, kept=9), "pass"),
        (Parent(1, real=9, kept=7, revoked=2), "pass"),
        (Parent(1, real=9, kept=8, dropped=1, dropped_tasks=(4,)), "refuse"),
        (Parent(1, real=9, kept=8, held=1), "warn"),
        (Parent(1, real=9, kept=8, replaced=1), "warn"),
        (Parent(1, real=9, kept=8, retired=1), "pass"),
        (Parent(1, trouble="its folder /r/v1 cannot be read."), "warn"),
    ],
)
def test_real_items_are_added_to_and_never_dropped(parent: Parent | None, verdict: str) -> None:
    counts = replace(counted(rows(human=9)), parent=parent)
    assert said(judge(counts), "accumulate") == verdict


def test_generated_data_need_a_verifier_whose_precision_was_measured() -> None:
    counts = counted(rows(human=90, written=10))
    assert said(judge(counts), "verified") == "refuse"
    for checked, verdict in (
        (Checked("writer@1", "panel", None, 10), "refuse"),
        (Checked("writer@1", "", 0.99, 10), "refuse"),
        (Checked("writer@1", "panel", 0.899, 10), "warn"),
        (Checked("writer@1", "panel", 0.9, 10), "pass"),
    ):
        told = with_measures(counts, [checked], {}, None, Blind())
        assert said(judge(told), "verified") == verdict


def test_data_of_one_model_are_as_good_as_their_worst_verifier() -> None:
    counts = counted(rows(written=10))
    good, weak = Checked("writer@1", "panel", 0.97, 6), Checked("writer@1", "program", 0.8, 4)
    assert with_measures(counts, [good, weak], {}, None, Blind()).checked[0].precision_low == 0.8
    none = Checked("writer@1", "", None, 1)
    assert (
        said(judge(with_measures(counts, [good, none], {}, None, Blind())), "verified") == "refuse"
    )


def test_a_model_that_was_never_measured_is_told() -> None:
    counts = counted(rows(human=90, accepted=10))
    assert said(judge(counts), "verified") == "pass"
    unmeasured = replace(counts, proposers=(Proposer("yolo@1", 10, measured=False),))
    assert said(judge(unmeasured), "verified") == "warn"


def test_a_model_of_unknown_learning_is_told() -> None:
    made = [*rows(human=9), replace(ACCEPTED, depth_known=False)]
    assert said(judge(counted(made)), "known_depth") == "warn"


@pytest.mark.parametrize("row", [ACCEPTED, CONFIRMED, WRITTEN, replace(HUMAN, simulated=1)])
def test_what_a_model_is_measured_by_is_peoples_alone(row: ReleaseRow) -> None:
    train = [replace(one, split="train") for one in rows(human=80, accepted=20)]
    held = [replace(one, split="test") for one in rows(human=10)]
    assert said(judge(counted([*train, *held])), "evaluation") == "pass"
    foreign = counted([*train, *held, replace(row, split="test")])
    assert said(judge(foreign), "evaluation") == "refuse"
    assert "1 of test" in judge(foreign).refusals[-1].words


def test_answers_that_lose_their_tail_are_told() -> None:
    people = [replace(HUMAN, value=label) for label in ["cat"] * 40 + ["dog"] * 30 + ["owl"] * 10]
    echo = [replace(ACCEPTED, value="cat")] * 60
    judgement = judge(counted([*people, *echo]))
    assert said(judgement, "tails") == "warn"
    assert said(judge(counted(people)), "tails") == "pass"
    few = [replace(HUMAN, value=label) for label in ["cat"] * 10 + ["dog"] * 10]
    assert said(judge(counted([*few, *echo])), "tails") == "pass"


def test_a_slice_that_loses_its_tail_is_named() -> None:
    here, there = {"language": "sw"}, {"language": "en"}
    made = [replace(HUMAN, value=v, data=where) for v in ("a", "b") for where in (here, there)
            for _ in range(40)]  # fmt: skip
    echo = [replace(ACCEPTED, value="a", data=here)] * 60
    judgement = judge(counted([*made, *echo], ("language",)))
    (found,) = [one for one in judgement.findings if one.rule == "tails"]
    assert found.verdict == "warn"
    assert "where language = sw" in found.words


def test_a_field_of_too_many_values_makes_no_slices_in_whatever_order() -> None:
    made = [replace(HUMAN, task_id=n, data={"id": n, "even": n % 2 == 0}) for n in range(500)]
    tails = counted(made, ("id", "even")).tails
    assert [one.slice for one in tails] == ["", "even = False", "even = True"]
    assert counted(made[::-1], ("id", "even")).tails == tails


def test_a_rule_that_is_waived_warns_and_gives_the_reason() -> None:
    counts = counted(rows(human=30, accepted=70))
    bounds = Bounds(waived=("real_weight",), why="a study of proposals")
    judgement = judge(counts, bounds)
    assert judgement.verdict == "warn"
    assert "a study of proposals" in judgement.warnings[0].words


@pytest.mark.parametrize(
    "looser",
    [
        {"max_depth": 2},
        {"min_real": 490},
        {"target_real": 600},
        {"max_ratio": 501},
        {"min_tail": 900},
        {"min_precision": 800},
        {"learns": "answers"},
        {"waived": ["depth"]},
    ],
)
def test_a_looser_bound_needs_its_reason(looser: dict[str, object]) -> None:
    with pytest.raises(InvalidError, match="say why"):
        parse_bounds(looser)
    assert parse_bounds({**looser, "why": "we compare the two"}).why


def test_a_stricter_bound_needs_none() -> None:
    assert parse_bounds({"max_depth": 0, "min_real": 900, "target_real": 950}).max_depth == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"depth": 1},
        {"max_depth": -1},
        {"max_depth": True},
        {"min_real": 0.5},
        {"learns": "all"},
        {"waived": ["everything"]},
        {"waived": "depth"},
        {"why": 3},
        {"min_real": 700},
    ],
)
def test_a_bound_that_is_none_is_named(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidError) as told:
        parse_bounds(wrong)
    assert told.value.issues[0].place.startswith("guard.")


def test_facts_are_judged_again_under_bounds_of_another() -> None:
    counts = counted(rows(human=60, accepted=40))
    facts = guard_facts(counts, DEFAULT, judge(counts), enforced=True, accepted=True)
    facts = json.loads(json.dumps(facts))
    assert facts["policy"] == POLICY
    assert judge_facts(facts) == judge(counts)
    assert judge_facts(facts, Bounds(min_real=700, target_real=800)).verdict == "refuse"


def test_facts_that_are_missing_refuse_and_facts_that_are_broken_say_so() -> None:
    assert judge_facts(None).verdict == "refuse"
    for broken in ({}, {"form": "fairhand.guard/v1"}, {"form": "fairhand.guard/v1", "bounds": {},
                                                      "counts": {"rows": 1}}):  # fmt: skip
        with pytest.raises(MalformedError):
            judge_facts(broken)


def items() -> st.SearchStrategy[ReleaseRow]:
    return st.builds(
        lambda value, row, depth, split, data: replace(
            row, value=value, depth=depth if row.origin == "synthetic" else 0, split=split,
            data=data,
        ),
        st.sampled_from("abc"),
        st.sampled_from([HUMAN, ACCEPTED, CONFIRMED, WRITTEN, replace(HUMAN, simulated=1)]),
        st.integers(1, 3),
        st.sampled_from([None, "train", "test"]),
        st.sampled_from([{}, {"place": "x"}, {"place": "y"}]),
    )  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.lists(items(), min_size=1, max_size=60))
def test_counts_are_what_the_rows_say_and_survive_being_written(made: list[ReleaseRow]) -> None:
    counts = counted(made, ("place",))
    assert counts.rows == len(made) == sum(counts.depths.values()) == sum(counts.answers.values())
    assert counts.real == sum(is_real_item(row) for row in made)
    assert counts.depths == dict(
        sorted(Counter(max(row.depth, row.data_depth) for row in made).items())
    )
    assert parse_counts(json.loads(json.dumps(dump_counts(counts)))) == counts


@settings(max_examples=30, deadline=None)
@given(st.lists(items(), min_size=1, max_size=40))
def test_one_more_answer_of_a_person_never_makes_the_mix_worse(made: list[ReleaseRow]) -> None:
    order = ("refuse", "warn", "pass")
    before, after = judge(counted(made)), judge(counted([*made, replace(HUMAN, split="train")]))
    for rule in ("depth", "real_weight", "ratio", "evaluation", "verified"):
        assert order.index(said(after, rule)) >= order.index(said(before, rule))


@settings(max_examples=30, deadline=None)
@given(st.lists(items(), min_size=1, max_size=40), st.integers(0, 3), st.integers(0, 1000))
def test_stricter_bounds_never_let_more_through(
    made: list[ReleaseRow], depth: int, real: int
) -> None:
    counts = counted(made)
    loose = Bounds(max_depth=depth, min_real=real, target_real=1000)
    strict = Bounds(max_depth=max(depth - 1, 0), min_real=min(real + 100, 1000), target_real=1000)
    if judge(counts, strict).verdict == "pass":
        assert judge(counts, loose).verdict == "pass"
    refused = {one.rule for one in judge(counts, loose).refusals}
    assert refused <= {one.rule for one in judge(counts, strict).refusals}


@settings(max_examples=40, deadline=None)
@given(
    st.sets(st.tuples(st.integers(1, 12), st.sampled_from("pq"))),
    st.sets(st.tuples(st.integers(1, 12), st.sampled_from("pq")), min_size=1),
    st.sets(st.integers(1, 12)),
)
def test_what_became_of_real_items_is_what_sets_say(
    before: set[tuple[int, str]], now: set[tuple[int, str]], revoked: set[int]
) -> None:
    old = iter([RealItem(task, question, ()) for task, question in sorted(before)])
    counting = ParentCounting(
        1, old, frozenset("pq"),
        lambda absent: ["revoked" if one.task_id in revoked else "dropped" for one in absent],
    )  # fmt: skip
    for task, question in sorted(now):
        row = replace(HUMAN, task_id=task, question=question)
        counting.add_row(replace(row, origin="synthetic") if task % 5 == 0 else row)
    found, gone = counting.result(), before - now
    assert found.real == len(before)
    assert found.kept == sum(task % 5 != 0 for task, _ in before & now)
    assert found.replaced == sum(task % 5 == 0 for task, _ in before & now)
    assert found.revoked == sum(task in revoked for task, _ in gone)
    assert found.dropped == sum(task not in revoked for task, _ in gone)
    assert set(found.dropped_tasks) == {task for task, _ in gone if task not in revoked}


def test_a_question_that_is_no_longer_asked_is_retired_and_not_dropped() -> None:
    old = iter([RealItem(1, "gone", ()), RealItem(1, "pet", ())])
    counting = ParentCounting(3, old, frozenset({"pet"}), lambda absent: ["dropped"] * len(absent))
    counting.add_row(HUMAN)
    found = counting.result()
    assert (found.kept, found.retired, found.dropped) == (1, 1, 0)


def test_a_parent_that_cannot_be_read_to_its_end_is_trouble_and_no_crash() -> None:
    def broken() -> Iterator[RealItem]:
        yield RealItem(1, "pet", ())
        raise MalformedError("part-00001.parquet cannot be read.")

    counting = ParentCounting(2, broken(), frozenset({"pet"}), lambda absent: [])
    for row in rows(human=3):
        counting.add_row(row)
    assert counting.result() == Parent(2, trouble="part-00001.parquet cannot be read.")


def test_the_release_before_is_read_only_as_the_log_knows_it(tmp_path: Path) -> None:
    folder = make_release(tmp_path, tasks=5)
    sha256 = sha256_hex((folder / "manifest.json").read_bytes())
    assert [one.task_id for one in read_real_items(folder, sha256)] == sorted([*range(1, 6)] * 2)
    with pytest.raises(MalformedError, match="not the one in the log"):
        list(read_real_items(folder, "0" * 64))
    part = next((folder / "data").iterdir())
    part.write_bytes(part.read_bytes()[:-1] + b"?")
    with pytest.raises(MalformedError, match="was changed"):
        list(read_real_items(folder, sha256))
    with pytest.raises(MalformedError, match="cannot be read"):
        list(read_real_items(tmp_path / "nowhere", sha256))


def test_a_release_before_that_was_parted_is_read_in_the_order_of_its_tasks(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "v1"
    (folder / "data").mkdir(parents=True)
    files = []
    for name, tasks in (("train-00000", (1, 4, 5)), ("test-00000", (2, 3, 6))):
        path = folder / "data" / f"{name}.parquet"
        records = [LABELS.record(replace(HUMAN, task_id=task)) for task in tasks]
        pq.write_table(pa.Table.from_pylist(records, schema=LABELS.schema), path)
        files.append(FileEntry(f"data/{path.name}", path.stat().st_size, sha256_of(path)))
    (tmp_path / "made").mkdir()
    told = parse_manifest((make_release(tmp_path / "made") / "manifest.json").read_bytes())
    data = dump_manifest(replace(told, files=tuple(files)))
    (folder / "manifest.json").write_bytes(data)
    items = read_real_items(folder, sha256_hex(data))
    assert [one.task_id for one in items] == [1, 2, 3, 4, 5, 6]


def test_blind_answers_check_accepted_proposals() -> None:
    shown = AnnotationRow(1, 1, "c-a", "2026-11-21", 1, {"pet": "cat"}, True, False, True, False,
                          "yolo@1", False)  # fmt: skip
    blind = replace(shown, annotation_id=2, assisted=False, model=None)
    counting = BlindCounting()
    for row in (
        shown, blind,
        replace(shown, task_id=2), replace(blind, task_id=2, value={"pet": "dog"}),
        replace(shown, task_id=3),
        replace(blind, task_id=4),
    ):  # fmt: skip
        counting.add_annotation(row)
    assert counting.result() == Blind(tasks=3, relabelled=2, same=1)


def test_entropy_is_that_of_coins_and_dice() -> None:
    assert entropy({"heads": 5, "tails": 5}) == pytest.approx(1.0)
    assert entropy({str(face): 3 for face in range(8)}) == pytest.approx(3.0)
    assert str(entropy({"heads": 5})) == str(entropy({})) == "0.0"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.data())
def test_labels_to_expect_in_a_draw_are_those_of_all_draws(counts: list[int], data: object) -> None:
    deck = [label for label, count in enumerate(counts) for _ in range(count)]
    drawn = data.draw(st.integers(0, len(deck)))  # type: ignore[attr-defined]
    every = [len(set(hand)) for hand in combinations(deck, drawn)]
    assert len(every) == comb(len(deck), drawn)
    named = {str(label): count for label, count in enumerate(counts)}
    assert distinct_in(named, drawn) == pytest.approx(sum(every) / len(every), abs=1e-9)
