"""How good judges are on held-out labels, side by side."""
