"""Simulated contributors: each with a pace, slips of their own, and skips; marked everywhere."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

from fairhand.core.errors import FairhandError
from fairhand.demo.world import COUNTRY, World
from fairhand.model.task import Prediction
from fairhand.people.accounts import store as accounts
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.use_cases.join_project import JoinProject, join_project

_LOOKALIKES = {
    "0": "698",
    "1": "748",
    "2": "731",
    "3": "589",
    "4": "917",
    "5": "396",
    "6": "085",
    "7": "124",
    "8": "391",
    "9": "475",
}


@dataclass(frozen=True, slots=True)
class Persona:
    """One simulated person: `accuracy` of reading, `brush` odds, `pace` (1 is usual), habits."""

    person_id: int
    accuracy: float
    brush: tuple[float, float, float]
    pace: float
    skips: float
    trust: float


def hire(world: World, count: int, rng: random.Random) -> list[Persona]:
    """Find or invite so many simulated contributors and let them join both projects."""
    house = world.house
    with house.db.read() as connection:
        known = {
            person.display_name: person.id
            for person, _ in accounts.list_people(connection)
            if person.is_simulated
        }
    crew = []
    for number in range(1, count + 1):
        name = f"Simulated {number:02d}"
        person_id = known.get(name) or _invite(world, name)
        for project_id in world.project_ids:
            join_project(house.db, JoinProject(person_id, project_id), house.clock())
        crew.append(_persona(person_id, rng))
    return crew


def _invite(world: World, name: str) -> int:
    house = world.house
    command = InvitePerson(None, name, country=COUNTRY, is_simulated=True)
    return invite_person(house.db, command, house.clock(), link_hours=1).person_id


def _persona(person_id: int, rng: random.Random) -> Persona:
    """Most people are careful; one in six is not, and reads and paints accordingly."""
    is_careless = rng.random() < 1 / 6
    thick, sparing = rng.uniform(0.05, 0.4), rng.uniform(0.05, 0.3)
    return Persona(
        person_id=person_id,
        accuracy=rng.uniform(0.7, 0.85) if is_careless else rng.uniform(0.93, 0.99),
        brush=(1.0 - thick - sparing, thick, sparing),
        pace=rng.uniform(0.7, 1.4) * (0.8 if is_careless else 1.0),
        skips=rng.uniform(0.0, 0.03),
        trust=rng.uniform(0.3, 0.9) if is_careless else rng.uniform(0.0, 0.2),
    )


def takes_ms(persona: Persona, usual_ms: int, rng: random.Random) -> int:
    """How long this person takes this time: log-normal around their own pace."""
    return int(usual_ms * persona.pace * math.exp(rng.gauss(0.0, 0.35))) + 300


def answer_as(
    persona: Persona,
    variants: list[dict[str, Any]],
    prediction: Prediction | None,
    rng: random.Random,
) -> dict[str, Any]:
    """What this person answers: right, with their own slips, or what the model said."""
    if prediction is not None and rng.random() < persona.trust:
        return prediction.value
    if len(variants) == len(persona.brush):
        return rng.choices(variants, persona.brush)[0]
    return _read_digit(persona, variants[0], rng)


def _read_digit(persona: Persona, truth: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    right = str(truth["digit"])
    if rng.random() < persona.accuracy:
        return {"digit": right}
    return {"digit": rng.choice(_LOOKALIKES[right])}


class NobodyToSimulateError(FairhandError):
    """A run without a server needs people to do the work."""

    code = "no_contributors"
    status = 422
