"""Built-in models: small, on the CPU, from packages that are installed already."""
