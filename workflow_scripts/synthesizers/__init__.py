"""Generators of sounds, one file each."""
