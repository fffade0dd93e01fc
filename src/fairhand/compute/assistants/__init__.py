"""What proposes answers: one contract, several makers."""
