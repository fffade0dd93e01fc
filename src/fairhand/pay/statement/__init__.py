"""Pay periods and statements: a payslip whose every line can be recomputed."""
