"""Paid time: a person's server events become milliseconds that are paid."""
