"""Clients of model servers: Label Studio ML backends, and whoever speaks OpenAI's protocol."""
