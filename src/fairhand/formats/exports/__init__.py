"""Releases in other people's formats. One format is one file here and one line in `registry`."""
