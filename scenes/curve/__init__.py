"""Functions of one number on the stage: a graph that a dot rides along."""
