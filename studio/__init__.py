"""From a trace to files: pace, rendering, chapters and captions."""
