"""The pay wing: floors, paid time, accrual, ledger, top-up, statements."""
