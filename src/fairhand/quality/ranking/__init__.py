"""Rankings: from votes on pairs, orders and best-worst choices to scores."""

from fairhand.quality.ranking.best_worst import BestWorstRanking, best_worst
from fairhand.quality.ranking.bradley_terry import BradleyTerry
from fairhand.quality.ranking.pairs import PairVotes, read_pairs
from fairhand.quality.ranking.plackett_luce import PlackettLuce
from fairhand.quality.ranking.result import PairRanking, PeopleRanking, Ranking
from fairhand.quality.ranking.transitivity import Transitivity, check_transitivity

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
