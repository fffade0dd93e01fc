"""Pictures with what was drawn on them, in other tools' formats: read as tasks with answers."""
