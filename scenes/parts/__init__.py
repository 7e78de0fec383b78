"""The kit that scenes are built from. Sizes are in Manim units unless they say px, which are pixels of a 1080p frame."""
