"""Label Studio's labelling configuration, results and exports, to our questions and back."""
