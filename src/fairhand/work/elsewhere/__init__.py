"""What was met in buckets, folders and behind addresses."""
