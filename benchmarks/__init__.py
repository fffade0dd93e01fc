"""Benchmarks: side by side with named peers, each printed as ratios, never timed tests."""
