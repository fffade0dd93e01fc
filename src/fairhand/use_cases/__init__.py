"""Floor 5: one story, one file, one public function."""
