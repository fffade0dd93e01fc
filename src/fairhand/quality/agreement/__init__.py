"""How far people agree: beyond chance, with an interval."""

from fairhand.quality.agreement.alpha import Alpha, alpha_of_codes, krippendorff_alpha
from fairhand.quality.agreement.door import measure_agreement
from fairhand.quality.agreement.pairs import PairKappas, pair_kappas
from fairhand.quality.agreement.result import Agreement

__all__ = [
    "Agreement",
    "Alpha",
    "PairKappas",
    "alpha_of_codes",
    "krippendorff_alpha",
    "measure_agreement",
    "pair_kappas",
]
