"""Embeddings: each model in its own environment, those made elsewhere, and the controls."""
