"""Lectures: a file that names cards and clips, and what becomes of it."""
