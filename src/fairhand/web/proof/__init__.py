"""Releases and the log, for anybody who doubts."""
