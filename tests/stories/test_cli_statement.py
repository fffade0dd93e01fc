"""A statement at the terminal: in a language, bundled, on paper, exported, checked offline."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from tests.bundles import good
from tests.cast import SIGNER
from tests.stories import test_cli_work
from tests.stories.terminal import Terminal, run

worked = test_cli_work.terminal


def test_a_statement_is_bundled_drawn_exported_and_checked_offline(worked: Terminal) -> None:
    worked.ok("pay", "close")
    folder = worked.workspace.parent
    bundle, pdf, key = folder / "1.bundle.json", folder / "1.pdf", folder / "log.vkey"

    said = worked.ok("pay", "statement", "1", "--lang", "sw", "--bundle", str(bundle)).out
    assert "Hati ya malipo 1" in said
    waiting = run("verify", "statement", str(bundle))
    assert (waiting.code, "NOT PROVEN" in waiting.out) == (1, True)

    worked.ok("log", "seal")
    worked.ok("pay", "statement", "1", "--bundle", str(bundle), "--pdf", str(pdf))
    key.write_text(worked.ok("log", "key").out)
    assert pdf.read_bytes().startswith(b"%PDF-")
    checked = run("verify", "statement", str(bundle), "--key", str(key))
    assert checked.code == 0, checked.out
    assert "The statement holds: GBP" in checked.out

    archive = folder / "pay.zip"
    person = json.loads(json.loads(bundle.read_text())["statement"])["person"]["id"]
    worked.ok("pay", "export", str(person), str(archive))
    with zipfile.ZipFile(archive) as opened:
        assert opened.read("bundles/1.bundle.json") == bundle.read_bytes()
    assert worked.run("pay", "export", "99", str(archive)).code == 2


def test_a_statement_of_an_older_key_holds_after_the_log_got_a_new_one(worked: Terminal) -> None:
    worked.ok("pay", "close")
    worked.ok("log", "seal")
    folder = worked.workspace.parent
    before, after = folder / "before.json", folder / "after.json"
    old, new = folder / "old.vkey", folder / "new.vkey"
    worked.ok("pay", "statement", "1", "--bundle", str(before))
    old.write_text(worked.ok("log", "key").out)
    worked.ok("log", "rotate")
    worked.ok("log", "seal")
    worked.ok("log", "rotate", "--finish")
    worked.ok("log", "seal")
    (newest,) = {*worked.ok("log", "key").out.split()} - {*old.read_text().split()}
    new.write_text(newest)

    worked.ok("pay", "statement", "1", "--bundle", str(after))
    worked.ok("log", "export", str(folder / "log"))
    notes = folder / "log" / "handovers.json"
    for key in (old, new):
        said = run("verify", "statement", str(after), "--key", str(key))
        assert said.code == 0, said.out
        with_notes = ("--key", str(key), "--handovers", str(notes))
        said = run("verify", "statement", str(before), *with_notes)
        assert said.code == 0, said.out
    assert run("verify", "statement", str(before), "--key", str(new)).code == 1
    said = run("verify", "statement", str(before), "--handovers", str(before))
    assert (said.code, "handovers" in said.err) == (2, True)


def test_a_changed_statement_is_refused_with_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "mine.bundle.json"
    text = good(2).text()
    file.write_text(text.replace('"paid_ms":1020001', '"paid_ms":1020002', 1))
    said = run("verify", "statement", str(file), "--key", SIGNER.verifier.vkey)
    assert said.code == 1
    assert "FAIL form: its digest is not that of its content" in said.out
    assert "DOES NOT HOLD" in said.out

    file.write_text(text)
    right = run("verify", "statement", str(file), "--json").json
    assert right["ok"]
    assert [one["state"] for one in right["checks"]] == ["ok"] * 9
    other = run("verify", "statement", str(file), "--key", "no key")
    assert other.code == 2
