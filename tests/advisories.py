"""Whether a pinned dependency has a known vulnerability, said plainly; `make audit` runs this.

    uv tool run pip-audit -r constraints.txt ... -f json | python -m tests.advisories

Ends with 1 where something is known against a version. A registry that has no advisories, or that
cannot be reached, is no clean bill: then a line says so, and how much was not looked at.
"""

from __future__ import annotations

import json
import sys


def judge(report: str) -> tuple[list[str], int]:
    """Read pip-audit's JSON report and give what to say, and the exit code."""
    if not report.strip():
        return ["Advisories could not be asked: pip-audit gave no report."], 0
    found = json.loads(report)["dependencies"]
    missed = sorted(one["name"] for one in found if "skip_reason" in one)
    lines = [
        f"{one['name']} {one['version']}: {flaw['id']}"
        + (f", mended in {', '.join(flaw['fix_versions'])}" if flaw["fix_versions"] else "")
        for one in found
        for flaw in one.get("vulns", ())
    ]
    flaws = len(lines)
    asked = len(found) - len(missed)
    if not asked:
        return [f"Advisories could not be asked for any of {len(found)} dependencies."], 0
    lines.append(f"{flaws} known vulnerabilities in {asked} dependencies.")
    if missed:
        lines.append(f"Advisories could not be asked for {len(missed)}: {', '.join(missed)}.")
    return lines, 1 if flaws else 0


if __name__ == "__main__":
    said, code = judge(sys.stdin.read())
    sys.stdout.write("\n".join(said) + "\n")
    raise SystemExit(code)
