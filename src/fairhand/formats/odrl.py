"""Terms as an ODRL 2.2 policy in JSON-LD, and back: what is not in it is not permitted.

W3C ODRL Information Model 2.2 and Vocabulary 2.2. One permission a purpose: the target, an action
of ours that refines `odrl:use`, and constraints on time, place, purpose and recipient. The royalty
has no term in ODRL, so it is a duty `compensate` with a few properties of our profile, documented
in docs/reference/odrl-profile.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from fairhand.core.clock import Instant, iso, parse_iso
from fairhand.core.errors import MalformedError
from fairhand.model.licence import MODALITIES, NEVER_SOLD, PURPOSES, WORLDWIDE, Terms

CONTEXT: Final = "http://www.w3.org/ns/odrl.jsonld"
PROFILE: Final = "urn:fairhand:licence:1"
"""Names our profile; docs/reference/odrl-profile.md says what its words mean."""

_PREFIX: Final = "fairhand"
_POLICY: Final = frozenset(
    ("@context", "@type", "uid", "profile", "permission", "prohibition", "conflict")
) | {"fairhand:modality"}
_SAME: Final = ("target", "assigner", "assignee", "duty")
_PERMISSION: Final = frozenset((*_SAME, "action", "constraint"))
Kind = Literal["Offer", "Agreement"]


@dataclass(frozen=True, slots=True)
class Royalty:
    """What contributors get of a use: basis, rate in permille, and the pool's currency."""

    basis: str
    permille: int
    currency: str
    pool: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Terms with what a policy says beside them."""

    uid: str
    kind: Kind
    target: str
    assigner: str
    terms: Terms
    assignee: str = ""
    royalty: Royalty | None = None
    revocations: str = ""


def dump_policy(policy: Policy) -> dict[str, Any]:
    """Write a policy; ValueError for terms that no licence may hold."""
    terms = policy.terms
    if terms.modality in NEVER_SOLD:
        raise ValueError(f"{terms.modality} can never be licensed")
    duties: list[dict[str, Any]] = []
    if policy.royalty is not None:
        duties.append(_compensation(policy.royalty, policy.assigner))
    if policy.revocations:
        duties.append({"action": "odrl:reviewPolicy", f"{_PREFIX}:revocations": policy.revocations})
    written: dict[str, Any] = {
        "@context": [CONTEXT, {_PREFIX: f"{PROFILE}#"}],
        "@type": policy.kind,
        "uid": policy.uid,
        "profile": PROFILE,
        f"{_PREFIX}:modality": terms.modality,
        "permission": [
            {
                "target": policy.target,
                "assigner": policy.assigner,
                **({"assignee": policy.assignee} if policy.assignee else {}),
                "action": f"{_PREFIX}:{purpose}",
                "constraint": _constraints(terms, purpose),
                **({"duty": duties} if duties else {}),
            }
            for purpose in sorted(terms.purposes)
        ],
        "prohibition": [
            {"target": policy.target, "assigner": policy.assigner, "action": f"{_PREFIX}:{purpose}"}
            for purpose in PURPOSES
            if purpose not in terms.purposes
        ],
        "conflict": "prohibit",
    }
    return written


def parse_policy(written: Mapping[str, Any]) -> Policy:
    """Read a policy of this profile; MalformedError for one that says more or less than we know.

    A policy that cannot be read whole is refused: permissions are never guessed.
    """
    try:
        return _parse(written)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise MalformedError(f"this is no policy of the profile {PROFILE}: {error}") from error


def _parse(written: Mapping[str, Any]) -> Policy:
    if written["profile"] != PROFILE or written["@type"] not in ("Offer", "Agreement"):
        raise ValueError("it is of another profile or kind")
    modality = written[f"{_PREFIX}:modality"]
    if modality not in MODALITIES or modality in NEVER_SOLD:
        raise ValueError(f"{modality!r} cannot be licensed")
    permissions = written["permission"]
    if not permissions:
        raise ValueError("it permits nothing")
    _check_known(written)
    purposes, spans, withdrawn = set(), set(), {}
    for one in permissions:
        purpose = _purpose(one["action"])
        starts, ends, territory, recipients, ended = _read(one["constraint"])
        purposes.add(purpose)
        spans.add((starts, ends, territory, recipients))
        if ended is not None:
            withdrawn[purpose] = ended
    if len(spans) != 1:
        raise ValueError("its permissions differ in time, place or recipient")
    starts, ends, territory, recipients = next(iter(spans))
    first = permissions[0]
    terms = Terms(modality, frozenset(purposes), starts, ends, territory, recipients, withdrawn)
    duties = first.get("duty", [])
    return Policy(
        uid=written["uid"],
        kind=written["@type"],
        target=first["target"],
        assigner=first["assigner"],
        terms=terms,
        assignee=first.get("assignee", ""),
        royalty=next((_royalty(one) for one in duties if one["action"] == "compensate"), None),
        revocations=next(
            (one[f"{_PREFIX}:revocations"] for one in duties if one["action"] != "compensate"), ""
        ),
    )


def _check_known(written: Mapping[str, Any]) -> None:
    """Refuse what could narrow a permission in a way that is not read here."""
    permissions = written["permission"]
    unknown = set(written) - _POLICY
    for one in permissions:
        unknown |= set(one) - _PERMISSION
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} is not known here")
    permitted = [_purpose(one["action"]) for one in permissions]
    forbidden = [_purpose(one["action"]) for one in written.get("prohibition", [])]
    if len(set(permitted)) != len(permitted) or set(permitted) & set(forbidden):
        raise ValueError("something is permitted twice, or forbidden as well")
    if any(one.get(name) != permissions[0].get(name) for one in permissions for name in _SAME):
        raise ValueError("its permissions differ in target, party or duty")


def _constraints(terms: Terms, purpose: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        _constraint("dateTime", "gteq", _date(terms.starts)),
        _constraint("dateTime", "lt", _date(terms.ends)),
    ]
    if purpose in terms.withdrawn:
        ended = _constraint("dateTime", "lt", _date(terms.withdrawn[purpose]))
        found.append({**ended, f"{_PREFIX}:because": "withdrawn"})
    if WORLDWIDE not in terms.territory:
        places = [f"urn:iso:std:iso:3166:{one}" for one in sorted(terms.territory)]
        found.append(_constraint("spatial", "isAnyOf", places))
    if terms.recipients is not None:
        found.append(_constraint("recipient", "isAnyOf", sorted(terms.recipients)))
    return found


def _constraint(left: str, operator: str, right: object) -> dict[str, Any]:
    return {"leftOperand": left, "operator": operator, "rightOperand": right}


def _date(at: Instant) -> dict[str, str]:
    return {"@value": iso(at), "@type": "xsd:dateTime"}


Span = tuple[Instant, Instant, frozenset[str], frozenset[str] | None, Instant | None]


def _read(constraints: list[dict[str, Any]]) -> Span:
    starts = ends = ended = None
    territory: frozenset[str] = frozenset({WORLDWIDE})
    recipients: frozenset[str] | None = None
    said: set[tuple[str, str, bool]] = set()
    for one in constraints:
        left, operator, right = one["leftOperand"], one["operator"], one["rightOperand"]
        what = (left, operator, f"{_PREFIX}:because" in one)
        if what in said:
            raise ValueError(f"the constraint {left} {operator} stands there twice")
        said.add(what)
        if (left, operator) == ("dateTime", "gteq"):
            starts = parse_iso(right["@value"])
        elif (left, operator) == ("dateTime", "lt") and f"{_PREFIX}:because" in one:
            ended = parse_iso(right["@value"])
        elif (left, operator) == ("dateTime", "lt"):
            ends = parse_iso(right["@value"])
        elif (left, operator) == ("spatial", "isAnyOf"):
            territory = frozenset(place.rsplit(":", 1)[1] for place in right)
        elif (left, operator) == ("recipient", "isAnyOf"):
            recipients = frozenset(right)
        else:
            raise ValueError(f"the constraint {left} {operator} is not known here")
    if starts is None or ends is None:
        raise ValueError("a permission has no beginning or no end")
    return starts, ends, territory, recipients, ended


def _purpose(action: str) -> str:
    prefix, _, purpose = action.partition(":")
    if prefix != _PREFIX or purpose not in PURPOSES:
        raise ValueError(f"the action {action!r} is not known here")
    return purpose


def _compensation(royalty: Royalty, party: str) -> dict[str, Any]:
    return {
        "action": "compensate",
        "compensatedParty": party,
        f"{_PREFIX}:basis": royalty.basis,
        f"{_PREFIX}:permille": royalty.permille,
        f"{_PREFIX}:currency": royalty.currency,
        f"{_PREFIX}:pool": royalty.pool,
    }


def _royalty(duty: Mapping[str, Any]) -> Royalty:
    return Royalty(
        duty[f"{_PREFIX}:basis"],
        duty[f"{_PREFIX}:permille"],
        duty[f"{_PREFIX}:currency"],
        duty[f"{_PREFIX}:pool"],
    )
