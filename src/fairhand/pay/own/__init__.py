"""One's own pay as a whole: what each kind of earning came to, and an export of everything."""
