"""Floor 3: the database, its tables and migrations, and blobs."""
