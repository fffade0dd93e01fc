"""Terms of use and conditions of the work as a machine-readable card writes them: ODRL, fair work.

Nothing here points at another context, so that whoever reads the card needs no network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fairhand.proof.release.fair_work_words import TERMS, camel
from fairhand.proof.release.rules import ReleaseFacts

_LINKS: Final = frozenset(("target", "assigner", "assignee", "profile"))
_NODES: Final = frozenset(("permission", "prohibition", "constraint", "duty", "refinement"))
_WORDS: Final = frozenset(("action", "leftOperand", "operator", "conflict"))


def usage(facts: ReleaseFacts) -> dict[str, Any]:
    """Give the ODRL policies of a campaign's release, one a modality, as `usageInfo`."""
    if facts.own_data is None:
        return {}
    written = facts.own_data.policy
    policies = [_policy(one) for one in written.get("policies", [written])]
    return {"usageInfo": policies[0] if len(policies) == 1 else policies}


def fair_work(facts: ReleaseFacts) -> dict[str, Any]:
    """Give the conditions of the work and who did it in the words of our vocabulary."""
    told: dict[str, Any] = {}
    if facts.fair_work is not None:
        told["fw:fairWork"] = _node("FairWork", facts.fair_work)
    if facts.who is not None:
        told["fw:whoLabelled"] = _node("WhoLabelled", facts.who)
    return told


def _node(kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"@type": f"fw:{kind}"}
    for name, value in content.items():
        if name != "vocabulary" and value is not None:
            told[f"fw:{camel(name)}"] = _value(name, value)
    return told


def _value(name: str, value: Any) -> Any:  # noqa: ANN401  # JSON
    kind = TERMS[name].kind
    if isinstance(value, Mapping):
        return _node(kind, value)
    if isinstance(value, list):
        return [_node(kind, one) if isinstance(one, Mapping) else one for one in value]
    return value


def _policy(written: Mapping[str, Any]) -> dict[str, Any]:
    """Write every word of a policy with its prefix."""
    told: dict[str, Any] = {}
    for name, value in written.items():
        if name == "@context":
            continue
        if name == "uid":
            told["@id"] = value
        elif name == "@type":
            told["@type"] = _odrl(value)
        else:
            told[_odrl(name)] = _policy_value(name, value)
    return told


def _policy_value(name: str, value: Any) -> Any:  # noqa: ANN401  # JSON
    if name in _NODES:
        return [_policy(one) for one in value]
    if name in _LINKS:
        return {"@id": value}
    if name in _WORDS:
        return {"@id": _odrl(value)}
    return value


def _odrl(word: str) -> str:
    return word if ":" in word else f"odrl:{word}"
