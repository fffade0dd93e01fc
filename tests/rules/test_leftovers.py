"""Temporary files of a process that was killed go; everybody else's stay."""

from __future__ import annotations

import os
from pathlib import Path

from fairhand.core.clock import DAY_MS, Instant, system_now
from fairhand.core.leftovers import clear_leftovers


def test_our_own_old_files_go_and_nothing_else(tmp_path: Path) -> None:
    ours = ("fairhand-urls-ab12_xyz", "fairhand-export-0000aaaa.zip", "fairhand-spool-abcdefgh")
    others = ("fairhand-backup-2026", "fairhand-urls-list.txt", "fairhand-spool-", "notes.txt")
    for name in (*ours, *others):
        (tmp_path / name).write_text("x")
    (tmp_path / "fairhand-words-abcd1234").mkdir()
    (tmp_path / "fairhand-words-abcd1234" / "page.html").write_text("x")
    now = system_now()
    assert clear_leftovers(now, tmp_path) == 0, "somebody may be at work with them"
    later = Instant(now + 3 * DAY_MS)
    (tmp_path / "fairhand-urls-stillusedhere").write_text("x")
    in_use = tmp_path / "fairhand-urls-usedinit"
    in_use.write_text("x")
    os.utime(in_use, ns=(later * 1_000_000, now * 1_000_000))  # read just now, written long ago
    assert clear_leftovers(later, tmp_path) == 4
    left = {one.name for one in tmp_path.iterdir()}
    assert left == {*others, "fairhand-urls-stillusedhere", in_use.name}
    assert clear_leftovers(later, tmp_path / "nothing") == 0
