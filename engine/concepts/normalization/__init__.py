"""Layer, group and batch normalisation, and their ways back."""
