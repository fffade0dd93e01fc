"""The synthetic-data guard: whether a release may be learned from without learning from models.

Each rule says pass, warn or refuse, in a sentence, with who can mend it and where the rule comes
from. The bounds are policy defaults taken from toy models (Gaussian means, linear regression):
they are a place to start, not a law of nature, and every card says so.

Sources: accumulate, do not replace: Shumailov and others 2024; Kazdan and others 2024 (arXiv
2410.16713); Dey and Donoho 2024 (2410.22812). Real weight of a half and of 1/phi = 0.618: He, Xu
and Cheng 2025 (2502.18049); 2509.22341. Synthetic to real below a half: Bertrand and others 2023
(2310.00429). Verified synthetic data only: Feng and others 2024 (2406.07515); Yi and others
(2510.16657), who add that a verifier's own faults are what is learned in the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal

from fairhand.core.errors import InvalidError, Issue, MalformedError
from fairhand.proof.release.guard_counts import GuardCounts, Parent, Tail, dump_counts, parse_counts

FORM: Final = "fairhand.guard/v1"
POLICY: Final = (
    "These bounds are policy defaults taken from toy models: they say where trouble is known to "
    "begin there, not where it begins here."
)
Verdict = Literal["pass", "warn", "refuse"]
Learns = Literal["everything", "answers"]
RULES: Final = (
    "depth",
    "known_depth",
    "real_weight",
    "ratio",
    "accumulate",
    "verified",
    "evaluation",
    "tails",
)
TRAINING_SPLITS: Final = frozenset({"train", "training"})
"""Every other split is for evaluation."""
FEWEST_REAL: Final = 30
"""Fewer real answers than this in a slice do not show how varied people's answers are."""
_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a release is held to; shares are permille.

    `learns` says what a model is to learn from it: "everything", or the "answers" alone (people's
    judgements of what models wrote; the data's own origin is then said and not judged).
    Refusals of the rules in `waived` become warnings. Anything looser than the defaults needs its
    reason in `why`.
    """

    max_depth: int = 1
    min_real: int = 500
    target_real: int = 618
    max_ratio: int = 500
    min_tail: int = 950
    min_precision: int = 900
    learns: Learns = "everything"
    waived: tuple[str, ...] = ()
    why: str = ""


DEFAULT: Final = Bounds()


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says: the verdict, why in words, who can mend it and how, and its source."""

    rule: str
    verdict: Verdict
    words: str
    mend: str = ""
    who: str = "owner"
    source: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What all rules say of one release; the verdict is that of the strictest."""

    verdict: Verdict
    findings: tuple[Finding, ...]

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """The findings that refuse."""
        return tuple(one for one in self.findings if one.verdict == "refuse")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that warn."""
        return tuple(one for one in self.findings if one.verdict == "warn")


def judge(counts: GuardCounts, bounds: Bounds = DEFAULT) -> Judgement:
    """Judge a release by all rules, in their order."""
    rules = (
        _depth,
        _known_depth,
        _real_weight,
        _ratio,
        _accumulate,
        _verified,
        _evaluation,
        _tails,
    )
    found = tuple(_waived(rule(counts, bounds), bounds) for rule in rules)
    said = {one.verdict for one in found}
    verdict: Verdict = "refuse" if "refuse" in said else "warn" if "warn" in said else "pass"
    return Judgement(verdict, found)


def judge_facts(guard: Mapping[str, Any] | None, bounds: Bounds | None = None) -> Judgement:
    """Judge a release by the `guard` of its manifest's facts, under its own bounds or others.

    A release without these facts is refused: nothing is known of where its items come from.
    Raises MalformedError when the facts cannot be read.
    """
    if guard is None:
        words = "The release does not say which of its items a model made."
        mend = "Make a new version: releases say so now."
        return Judgement("refuse", (Finding("real_weight", "refuse", words, mend),))
    if guard.get("form") != FORM:
        raise MalformedError(f"the guard's facts are not of the form {FORM}")
    own = parse_bounds(_object(guard, "bounds"))
    return judge(parse_counts(_object(guard, "counts")), bounds or own)


def guard_facts(
    counts: GuardCounts, bounds: Bounds, judgement: Judgement, *, enforced: bool, accepted: bool
) -> dict[str, Any]:
    """Write the `guard` of a release's facts.

    `enforced` is false where the project was only tried out; `accepted` says that somebody
    published in knowledge of the warnings.
    """
    return {
        "form": FORM,
        "policy": POLICY,
        "bounds": dump_bounds(bounds),
        "loosened": loosened(bounds),
        "counts": dump_counts(counts),
        "verdict": judgement.verdict,
        "findings": [asdict(one) for one in judgement.findings],
        "enforced": enforced,
        "accepted": accepted,
    }


def dump_bounds(bounds: Bounds) -> dict[str, Any]:
    """Write bounds as a JSON object."""
    return asdict(bounds) | {"waived": list(bounds.waived)}


def parse_bounds(content: Mapping[str, Any], over: Bounds = DEFAULT) -> Bounds:
    """Read bounds from an object that may leave some out; InvalidError names what is wrong."""
    known = {one.name for one in fields(Bounds)}
    issues = [
        Issue(f"guard.{name}", f"There is no bound {name!r}; there are {', '.join(sorted(known))}.")
        for name in sorted(set(content) - known)
    ]
    if not issues:
        given = asdict(over) | dict(content)
        issues = list(_unfit(given))
        if not issues:
            bounds = Bounds(**{**given, "waived": tuple(given["waived"])})
            issues = check_bounds(bounds)
    if issues:
        raise InvalidError(issues[0].message, issues=issues)
    return bounds


def check_bounds(bounds: Bounds) -> list[Issue]:
    """Say what is wrong with bounds; looser ones without a reason are."""
    issues = []
    if bounds.target_real < bounds.min_real:
        issues.append(Issue("guard.target_real", "The target of real weight lies below its least."))
    looser = loosened(bounds)
    if looser and len(bounds.why.strip()) < len("because x"):
        words = f"{'; '.join(looser)}: say why (`why`), for everybody who reads the card."
        issues.append(Issue("guard.why", words))
    return issues


def loosened(bounds: Bounds) -> list[str]:
    """Say in words which bounds are looser than the defaults."""
    words = []
    if bounds.max_depth > DEFAULT.max_depth:
        words.append(f"items may be {bounds.max_depth} models deep instead of {DEFAULT.max_depth}")
    for name, title in (
        ("min_real", "the least real weight"),
        ("target_real", "the target of real weight"),
        ("min_tail", "the least variety"),
        ("min_precision", "the least precision of a verifier"),
    ):
        now, usual = getattr(bounds, name), getattr(DEFAULT, name)
        if now < usual:
            words.append(f"{title} is {_share(now)} instead of {_share(usual)}")
    if bounds.max_ratio > DEFAULT.max_ratio:
        words.append(
            f"up to {_share(bounds.max_ratio)} synthetic items to a real one pass, instead of "
            f"{_share(DEFAULT.max_ratio)}"
        )
    if bounds.learns == "answers":
        words.append("only answers are judged, and not what they are about")
    words += [f"the rule {rule!r} warns instead of refusing" for rule in bounds.waived]
    return words


def _unfit(given: Mapping[str, Any]) -> Iterator[Issue]:
    for name, low, high in (
        ("max_depth", 0, 100),
        ("min_real", 0, 1_000),
        ("target_real", 0, 1_000),
        ("max_ratio", 0, 1_000_000),
        ("min_tail", 0, 1_000),
        ("min_precision", 0, 1_000),
    ):
        value = given[name]
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            yield Issue(f"guard.{name}", f"{name}: a whole number from {low} to {high:,}.")
    if given["learns"] not in ("everything", "answers"):
        yield Issue("guard.learns", 'learns: "everything" or "answers".')
    waived, why = given["waived"], given["why"]
    if not isinstance(waived, list | tuple) or any(one not in RULES for one in waived):
        yield Issue("guard.waived", f"waived: a list of rules, of {', '.join(RULES)}.")
    if not isinstance(why, str) or len(why) > 1_000:
        yield Issue("guard.why", "why: a text of up to 1,000 characters.")


def _waived(found: Finding, bounds: Bounds) -> Finding:
    if found.verdict != "refuse" or found.rule not in bounds.waived:
        return found
    words = f"{found.words} Let through by the owner: {bounds.why.strip()}"
    return Finding(found.rule, "warn", words, found.mend, found.who, found.source)


def _depth(counts: GuardCounts, bounds: Bounds) -> Finding:
    depths = _depths(counts, bounds)
    too_deep = sum(count for depth, count in depths.items() if depth > bounds.max_depth)
    deepest = max(depths, default=0)
    source = "Shumailov 2024; Kazdan 2024 (arXiv 2410.16713)"
    if not too_deep:
        words = f"No item is more than {_models(bounds.max_depth)} away from a person."
        if deepest == 0:
            words = "No model stands between any item and a person."
        return Finding("depth", "pass", words, source=source)
    words = (
        f"{_items(too_deep, counts)} are up to {_models(deepest)} away from a person; "
        f"at most {bounds.max_depth} is let through."
    )
    mend = (
        "Have these tasks answered by people who see no proposal, or leave their data out of "
        "the project."
    )
    return Finding("depth", "refuse", words, mend, source=source)


def _known_depth(counts: GuardCounts, bounds: Bounds) -> Finding:
    if not counts.unknown_depth:
        words = "Of every model behind an answer it is known what it learned from."
        return Finding("known_depth", "pass", words)
    words = (
        f"{_items(counts.unknown_depth, counts)} are a model's answers of which nobody said what "
        "that model learned from: they are at least one model deep, and perhaps more."
    )
    mend = (
        "Have them confirmed by people who see no proposal, or use a model that was trained here."
    )
    return Finding("known_depth", "warn", words, mend)


def _real_weight(counts: GuardCounts, bounds: Bounds) -> Finding:
    real = _real(counts, bounds)
    source = "He, Xu, Cheng 2025 (arXiv 2502.18049); arXiv 2509.22341"
    words = f"{_percent(real, counts.rows)} of the items are people's"
    if counts.simulated:
        words += f" ({counts.simulated:,} answers are simulated people's, and count as nobody's)"
    mend = (
        "Get more answers by people who see no proposal, or have accepted proposals confirmed "
        "by somebody who did not see them."
    )
    if real * 1_000 < bounds.min_real * counts.rows:
        words += f"; at least {_share(bounds.min_real)} must be."
        return Finding("real_weight", "refuse", words, mend, source=source)
    if real * 1_000 < bounds.target_real * counts.rows:
        words += f"; {_share(bounds.target_real)} is the target."
        return Finding("real_weight", "warn", words, mend, source=source)
    return Finding("real_weight", "pass", f"{words}.", source=source)


def _ratio(counts: GuardCounts, bounds: Bounds) -> Finding:
    real = _real(counts, bounds)
    synthetic = counts.rows - real
    source = "Bertrand 2023 (arXiv 2310.00429)"
    if synthetic * 1_000 <= bounds.max_ratio * real:
        words = f"{synthetic:,} synthetic items stand beside {real:,} real ones."
        return Finding("ratio", "pass", words, source=source)
    words = (
        f"{synthetic:,} synthetic items stand beside {real:,} real ones: more than "
        f"{_share(bounds.max_ratio)} to one."
    )
    mend = "Add real items, or leave synthetic ones out."
    return Finding("ratio", "warn", words, mend, source=source)


def _accumulate(counts: GuardCounts, bounds: Bounds) -> Finding:
    source = "Kazdan 2024 (arXiv 2410.16713); Dey and Donoho 2024 (2410.22812)"
    parent = counts.parent
    if parent is None:
        return Finding("accumulate", "pass", "There is no release before this one.", source=source)
    before = f"version {parent.version}"
    if parent.trouble:
        words = f"Whether the real items of {before} are all here is not known: {parent.trouble}"
        mend = f"Put the folder of {before} back where it was, and release again."
        return Finding("accumulate", "warn", words, mend, source=source)
    if parent.dropped:
        named = ", ".join(map(str, parent.dropped_tasks[:_NAMED]))
        words = (
            f"{parent.dropped:,} of the {parent.real:,} real items of {before} are not here "
            f"(tasks {named}{' and more' if parent.dropped > _NAMED else ''}), and nobody took "
            "them back: real data are added to, never replaced."
        )
        mend = "Bring these tasks and their answers back."
        return Finding("accumulate", "refuse", words, mend, source=source)
    if parent.replaced or parent.held:
        words = _absent(parent, before)
        mend = "Have them answered by people who see no proposal, and decide those in review."
        return Finding("accumulate", "warn", words, mend, "manager", source)
    words = f"All {parent.real:,} real items of {before} are here"
    if parent.revoked:
        words += f", but for {parent.revoked:,} that were taken back by those who gave them"
    return Finding("accumulate", "pass", f"{words}.", source=source)


def _absent(parent: Parent, before: str) -> str:
    parts = []
    if parent.replaced:
        parts.append(f"{parent.replaced:,} now have a model's answer")
    if parent.held:
        parts.append(f"{parent.held:,} wait in review")
    return f"Of the {parent.real:,} real items of {before}, {' and '.join(parts)}."


def _verified(counts: GuardCounts, bounds: Bounds) -> Finding:
    source = "Feng 2024 (arXiv 2406.07515); Yi (2510.16657)"
    data = counts.checked if bounds.learns == "everything" else ()
    bare = [one for one in data if not one.verifier or one.precision_low is None]
    weak = [
        one
        for one in data
        if one.verifier
        and one.precision_low is not None
        and round(one.precision_low * 1_000) < bounds.min_precision
    ]
    if bare:
        words = (
            f"{_items(sum(one.rows for one in bare), counts)} are about data that "
            f"{_names(one.model for one in bare)} generated, and no verifier with a measured "
            "precision stands behind them."
        )
        mend = (
            "Name the verifier and its measured precision when the data are imported "
            "(--verifier, --precision)."
        )
        return Finding("verified", "refuse", words, mend, source=source)
    if weak:
        least = min(one.precision_low or 0.0 for one in weak)
        words = (
            f"The verifier of {_items(sum(one.rows for one in weak), counts)} may be right as "
            f"seldom as {least:.3f}; at least {_share(bounds.min_precision)} is asked for."
        )
        mend = "Check the generated data more strictly, or measure the verifier on more items."
        return Finding("verified", "warn", words, mend, source=source)
    unmeasured = [one for one in counts.proposers if not one.measured]
    if unmeasured:
        words = (
            f"{_items(sum(one.rows for one in unmeasured), counts)} are proposals of "
            f"{_names(one.model for one in unmeasured)} that were accepted as they were, and how "
            "often these are right was never measured here."
        )
        mend = "Evaluate the model on held-out tasks (Help by models, Evaluate)."
        return Finding("verified", "warn", words, mend, "manager", source)
    words = "Nothing that a model made is here without a check whose precision was measured."
    return Finding("verified", "pass", words, source=source)


def _evaluation(counts: GuardCounts, bounds: Bounds) -> Finding:
    held = [one for one in counts.splits if one.name.lower() not in TRAINING_SPLITS]
    if not held:
        return Finding("evaluation", "pass", "No split is set apart for evaluation.")
    answers = bounds.learns == "answers"
    foreign = {one.name: one.rows - (one.own_answers if answers else one.own) for one in held}
    wrong = {name: count for name, count in foreign.items() if count}
    if not wrong:
        words = f"All of {_names(foreign)} is people's own, made without a model in view."
        return Finding("evaluation", "pass", words)
    said = ", ".join(f"{count:,} of {name}" for name, count in sorted(wrong.items()))
    words = f"{said} had a model behind them: a model would be measured against a model."
    mend = "Draw the splits for evaluation from tasks that were answered without a proposal."
    return Finding("evaluation", "refuse", words, mend)


def _tails(counts: GuardCounts, bounds: Bounds) -> Finding:
    source = "Shumailov 2024: the tails go first"
    told = [one for one in counts.tails if one.real_rows >= FEWEST_REAL]
    thin = [one for one in told if variety(one) * 1_000 < bounds.min_tail]
    if not told:
        words = "There are too few real answers of any kind of label to tell how varied they are."
        return Finding("tails", "pass", words, source=source)
    if not thin:
        words = f"In {_number(len(told), 'slice')}, answers are as varied as people's own."
        return Finding("tails", "pass", words, source=source)
    worst = min(thin, key=lambda one: (variety(one), one.question, one.slice))
    where = f" where {worst.slice}" if worst.slice else ""
    words = (
        f"Answers to {worst.question}{where} are less varied than people's own: "
        f"{variety(worst):.2f} of it, and {_share(bounds.min_tail)} is asked for"
    )
    words += f", and so in {len(thin) - 1:,} other slices." if len(thin) > 1 else "."
    mend = "Get more answers by people without a proposal, above all where labels are rare."
    return Finding("tails", "warn", words, mend, "manager", source)


def variety(one: Tail) -> float:
    """The variety of all answers as a share of that of people's own; 1 where these have none."""
    entropy = one.entropy / one.real_entropy if one.real_entropy > 0 else 1.0
    distinct = one.distinct / one.real_distinct if one.real_distinct > 0 else 1.0
    return min(entropy, distinct)


def _real(counts: GuardCounts, bounds: Bounds) -> int:
    return counts.real if bounds.learns == "everything" else counts.real_answers


def _depths(counts: GuardCounts, bounds: Bounds) -> dict[int, int]:
    return counts.depths if bounds.learns == "everything" else counts.answer_depths


def _object(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = content.get(name)
    if not isinstance(found, Mapping):
        raise MalformedError(f"the guard's facts have no {name}")
    return found


def _items(count: int, counts: GuardCounts) -> str:
    return f"{count:,} of {counts.rows:,} items"


def _models(depth: int) -> str:
    return _number(depth, "model")


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _names(names: Any) -> str:  # noqa: ANN401  # any iterable of texts
    found = sorted(set(names))
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return ", ".join(found[:_NAMED]) + more


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "None"


def _share(permille: int) -> str:
    return f"{permille / 1_000:g}"
