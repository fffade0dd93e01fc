"""A second look at what people answered: what comes before a reviewer, and what then stands."""
