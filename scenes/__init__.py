"""The pictures of tensorreel: one thin Manim scene per concept, in the file that bears its name."""
