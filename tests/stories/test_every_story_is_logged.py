"""A story that changes something for somebody writes exactly one line in the log."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import fairhand.use_cases

STORIES = sorted(Path(fairhand.use_cases.__path__[0]).glob("[!_]*.py"))

# What is not logged, and why.
UNLOGGED = {
    "release_likeness": "a part of publish_release: measures",
    "release_pieces": "a part of publish_release: makes rows",
    "expect_seconds": "reckons from what was measured; keeps nothing",
    "split_release": "a part of publish_release: draws splits",
    "release_conditions": "a part of publish_release: gathers facts",
    "who_labelled": "a part of publish_release: pure",
    "whole_receipt": "reads a receipt, without a workspace",
    "export_release": "reads a release folder and writes another, without a workspace",
    "open_recording": "logged with the answer that holds the recording",
    "keep_recording": "logged with the answer that holds the recording",
    "measured_recordings": "a part of submit_annotation",
    "check_sent": "reads",
    "see_photo": "reads",
    "open_upload": "logged with the answer that holds the photo",
    "keep_upload": "logged with the answer that holds the photo",
    "measured_photos": "a part of submit_annotation",
    "sweep_uploads": "forgets what was never an answer",
    "sweep_recordings": "forgets what was never an answer",
    "hear_sound": "reads; a drawing is made anew from the sound at any time",
    "import_sample": "runs import_tasks, which logs",
    "act_on_tasks": "tells the stories set_aside_tasks, take_back_tasks, ask_again, change_overlap",
    "house": "opens the workspace",
    "project_figures": "counts",
    "export_project": "a part of make_export: writes a folder",
    "answers_elsewhere": "a part of export_project: reads",
    "write_studio_file": "a part of export_project: writes a file",
    "make_export": "the parts of the job that ask_export asked for and logged",
    "sweep_exports": "deletes files that say on themselves until when they stay",
    "keep_figures": "a tick: a cache of what can be counted anew",
    "keep_up_intake": "a tick: take_in_contributions and examine_contribution, which are logged",
    "seen_by_others": "reads",
    "seal_original": "a part of examine_contribution, which logs it",
    "hide_in_contribution": "a part of examine_contribution, which logs it",
    "find_likeness": "theirs alone: a line would tell others that somebody looked for themselves",
    "mark_release": "a part of publish_release, which logs it",
    "tree_steps": "a part of the stories that grow trees, and of upheld appeals, which log it",
    "keep_conversations": "a tick that tells the story grow_conversations, which is logged",
    "keep_media": "a part of import_tasks",
    "pilot_facts": "measures what decide_pilot keeps and logs",
    "value_of_folder": "a part of measure_value, which logs it, and of check_value",
    "check_value": "anybody measures again from files, without a workspace",
    "readiness_facts": "gathers what the gate looks at",
    "blind_sheet": "a part of hand_out_task and revise_annotation",
    "versions": "reads",
    "backend_access": "makes and reads tokens of backends; what they ask changes nothing",
    "model_items": "reads tasks as models see them",
    "open_version": "opens a model",
    "open_source": "opens a source of predictions",
    "keep_up_assistance": "a tick that asks for jobs, whose stories are logged",
    "assist_failed": "kept on the assistant, where it is shown",
    "task_features": "features are made anew from the tasks at any time",
    "assistance_words": "words for what read_assistance reads",
    "judge_assistance": "a tick that tells the story set_assist_policy, which is logged",
    "measure_candidate": "measures for train_model, which logs it",
    "overlap": "reads a project's figures",
    "ration": "a part of hand_out_task",
    "take_shelter": "a part of hand_out_task; its rows are the person's own",
    "expected_dose": "a part of the stories that add tasks, and of weigh_content",
    "release_hard_tasks": "a part of the stories by which a person takes a tier back",
    "set_exposure_policy": "proposes by propose_policy, which logs it",
    "label_history": "reads",
    "keep_labels": "a tick that tells the story carry_labels, which is logged",
    "late_answers": "a part of submit_annotation and carry_labels, which log it",
    "let_answers_go": "a part of the stories by which people leave, which log it",
    "stand_again": "a part of unmark_gold, which logs it",
    "open_review": "kept as the claim; what was found is logged",
    "hand_out_named_task": "kept for ever as the lease itself; logged when it is answered",
    "hand_out_task": "kept for ever as the lease itself; logged when it is answered or skipped",
    "open_exam": "kept for ever as a time event; beginning, answers and end are logged",
    "open_practice": "kept for ever as a time event; the answer is logged",
    "begin_dispute": "kept for ever as a time event; the dispute is logged when it is opened",
    "propose_by_backend": "a part of propose_region",
    "open_outliner": "a part of propose_region; what fails is kept on the assistant",
    "propose_region": "nothing is kept: what becomes of an outline is logged when it is submitted",
    "save_draft": "a draft is nobody's statement yet",
    "revise_annotation": "logged when the revision is submitted",
    "reap_leases": "kept as the lease's own end",
    "seal_log": "is the log",
    "gather_cosignatures": "is the log: one that logs its own signing would never be at rest",
    "export_log": "reads",
    "keep_up_quality": "a tick that tells the stories aggregate_labels and refit_quality",
    "settle_quality": "tells the stories aggregate_labels and refit_quality before a release",
    "own_caps": "weighs for settle_exposure and rate_content",
    "settle_exposure": "a part of submit_annotation and skip_task, which log them",
    "rate_content": "theirs alone: a line would tell others who found something hard",
    "choose_view": "theirs alone: a line would tell others how somebody looks at hard content",
    "keep_check_in": "theirs alone: a line would tell others that somebody keeps notes",
    "begin_care_break": "tells the story note_time, which is logged",
    "pay_task": "a part of submit_annotation and skip_task, which log it",
    "release_facts": "gathers what publish_release writes",
    "guard_release": "looks on while publish_release writes; its verdict is in that line",
    "model_depth": "reads for train_model",
    "keep_proposals": "a piece of a run, which is logged when it starts and ends",
    "add_source": "looks through what add_assistant adds and logs",
    "note_decision": "a part of the stories that decide, whose own lines name the decision",
    "tell_of_answers": "a part of aggregate_labels and mark_gold; the decisions are kept for ever",
    "overturn_gold": "a part of the stories that uphold appeals, which log what was put right",
    "repair_decision": "a part of the stories that uphold appeals, which log what was put right",
    "requalify": "a part of the stories that uphold appeals, which log what was put right",
    "mend_statistics": "a tick that tells the stories aggregate_labels and refit_quality",
    "bar_words": "reads",
    "begin_appeal": "kept for ever as a time event; the appeal is logged when it is opened",
    "evaluation_facts": "gathers what evaluate_model measures",
    "set_appeals_policy": "logged by propose_policy, which keeps it",
    "propose_term": "tells the stories set_exposure_policy and set_appeals_policy",
    "join_channel": "who speaks with whom is not for a log that managers read",
    "send_letter": "who speaks with whom is not for a log that managers read",
    "propose_contract": "logged by propose_policy, which keeps it",
    "say_remark": "what somebody does not understand is between them and the owner",
    "note_guide_read": "when somebody reads is theirs alone",
    "check_understanding": "kept as the reading itself; the grant's line says how often",
    "check_granted": "a part of the stories by which files come in",
    "release_permits": "asks grants for publish_release",
    "settle_withdrawals": "a tick that carries out what withdraw_grant and others logged",
    "licence_offer": "reads",
    "licensee_access": "reads",
    "set_prices": "tells the story set_campaign, which is logged",
    "campaign_offer": "words for what publish_notice publishes and logs",
    "examine_house": "looks, and changes nothing",
    "back_up": "reads; what is in a backup is what was in the log already",
    "verify_backup": "reads a folder, without a workspace",
    "restore_backup": "brings a log back exactly as it was: a line more would be another log",
    "rehearse_upgrade": "works on a copy that is thrown away",
    "webhook_secret": "a part of add_webhook and change_webhook, which log it",
    "fill_webhooks": "a tick that copies from the log",
    "try_webhook": "a test: nothing is kept of it",
    "begin_sign_on": "nobody is known yet; finish_sign_on logs who it was",
    "sign_on_parts": "a part of the stories of single sign-on, which log it",
    "check_sign_on": "looks, and changes nothing",
    "open_place": "opens what imports read from",
    "check_source": "looks, and changes nothing",
    "keep_urls": "stores what ask_import_from asks for and logs",
    "preview_import_from": "looks, and keeps nothing",
    "reading_options": "reads",
    "import_from": "ends by finish_import of import_tasks, which logs it",
    "run_import_from": "tells the story import_from",
    "letter_words": "words for letters",
    "letter_readers": "reads who is written to",
    "put_letters": "a part of invite_person and ask_reset, which log it; the rest is in the log",
    "send_letters": "kept in the outbox until it is forgotten",
    "choose_letters": "which letters somebody wants is theirs alone",
    "try_letter_again": "kept in the outbox until it is forgotten",
    "check_mail": "looks, and changes nothing",
    "release_credentials": "a part of publish_release, which logs it",
    "begin_campaign": "tells the stories set_campaign and set_cells, which are logged",
}
# Files that hold several stories of one thing, each logged once.
SEVERAL = {
    "withdraw_grant": 2,
    "destroy_templates": 2,
    "apply_signed_policies": 3,
    "sign_in": 3,
    "manage_tokens": 2,
    "close_pay_period": 3,
    "change_examples": 2,
    "keep_views": 3,
    "archive_project": 2,
}


def is_read(path: Path) -> bool:
    """Reads are named so."""
    return path.stem.startswith(("read_", "list_"))


def appends(path: Path) -> int:
    """Count the calls of the log's `append` and `append_many` in a file."""
    tree = ast.parse(path.read_text())
    return sum(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("append", "append_many")
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "log"
        for node in ast.walk(tree)
    )


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_a_story_writes_one_line_in_the_log(path: Path) -> None:
    expected = 0 if path.stem in UNLOGGED or is_read(path) else SEVERAL.get(path.stem, 1)

    assert appends(path) == expected


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_a_story_that_only_reads_never_opens_a_writing_transaction(path: Path) -> None:
    if is_read(path):
        assert ".write()" not in path.read_text()
