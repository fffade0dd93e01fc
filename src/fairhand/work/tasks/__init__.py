"""Tasks as their owner looks through them: a million of them, and one by one."""
