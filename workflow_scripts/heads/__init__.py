"""Heads: shallow networks on embeddings, trained over a grid of settings, and the rows that they give."""
