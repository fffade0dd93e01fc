"""Rankings: from votes on pairs, orders and best-worst choices to scores."""

from .best_worst import BestWorstRanking, best_worst
from .bradley_terry import BradleyTerry
from .pairs import PairVotes, read_pairs
from .plackett_luce import PlackettLuce
from .result import PairRanking, PeopleRanking, Ranking
from .transitivity import Transitivity, check_transitivity

__all__ = [
    "BestWorstRanking",
    "BradleyTerry",
    "PairRanking",
    "PairVotes",
    "PeopleRanking",
    "PlackettLuce",
    "Ranking",
    "Transitivity",
    "best_worst",
    "check_transitivity",
    "read_pairs",
]
