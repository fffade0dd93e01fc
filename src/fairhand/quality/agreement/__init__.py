"""How far people agree: beyond chance, with an interval."""

from fairhand.quality.agreement.alpha import Alpha, alpha_of_codes, krippendorff_alpha
from fairhand.quality.agreement.door import measure_agreement
from fairhand.quality.agreement.masks import mask_agreement
from fairhand.quality.agreement.pairs import PairKappas, pair_kappas
from fairhand.quality.agreement.result import Agreement
from fairhand.quality.agreement.spans import span_agreement

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
