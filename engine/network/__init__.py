"""From a network to a play: what torch code did with its inputs, act after act."""
