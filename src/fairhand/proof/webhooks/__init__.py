"""Where events of the log are told to, signed and in their order."""
