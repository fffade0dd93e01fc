"""The SDK: speaks HTTP only."""
