"""Label Studio's words for our questions and answers: configurations, controls, results."""
