"""How far people agree: beyond chance, with an interval."""

from .alpha import Alpha, alpha_of_codes, krippendorff_alpha
from .door import measure_agreement
from .masks import mask_agreement
from .pairs import PairKappas, pair_kappas
from .result import Agreement
from .spans import span_agreement

__all__ = [
    "Agreement",
    "Alpha",
    "PairKappas",
    "alpha_of_codes",
    "krippendorff_alpha",
    "mask_agreement",
    "measure_agreement",
    "pair_kappas",
    "span_agreement",
]
