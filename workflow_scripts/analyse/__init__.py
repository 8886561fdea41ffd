"""Analyses of one embedding, one file each."""
