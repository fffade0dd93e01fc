"""What those who pay see: what is owed to whom, escrow, periods and their statements."""
