"""Heads: shallow networks on top of embeddings, trained over a grid of settings, and their hidden activations as rows."""
