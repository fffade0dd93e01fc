"""How far people agree: beyond chance, with an interval."""

from fairhand.quality.agreement.alpha import Alpha, alpha_of_codes, krippendorff_alpha

__all__ = ["Alpha", "alpha_of_codes", "krippendorff_alpha"]
