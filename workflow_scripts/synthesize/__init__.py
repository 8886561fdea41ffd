"""Sounds with known factors, and the gate that checks them."""
