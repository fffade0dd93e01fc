"""What a project will cost, with how sure that is."""
