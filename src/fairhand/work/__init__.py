"""The work wing: which task, for whom, with what suggestion."""
