"""Floor 2: the nouns, frozen."""
