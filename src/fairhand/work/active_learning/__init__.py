"""Which task is worth asking next."""
