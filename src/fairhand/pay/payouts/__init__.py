"""Payouts: money on its way to people, in files that a bank or a provider carries out."""
