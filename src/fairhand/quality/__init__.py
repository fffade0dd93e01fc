"""The quality wing: from many judgements to the truth; usable on its own."""
