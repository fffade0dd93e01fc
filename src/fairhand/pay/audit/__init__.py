"""Check the books and the clocks against what was recorded."""
