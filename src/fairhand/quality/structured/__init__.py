"""Consensus of answers that have a shape: outlines, boxes, points, spans, transcripts, texts."""
