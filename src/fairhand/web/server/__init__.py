"""Pages and probes for those who keep the server up."""
