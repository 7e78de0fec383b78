"""Recurrent networks on the stage: gates, states through time, and the way back."""
