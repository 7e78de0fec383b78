"""Softmax on the stage: scores that become shares."""
