"""Binary cross-entropy: a logit on the sigmoid, and the cost of its probability, which the target chooses out of two curves."""

from __future__ import annotations

from scenes.curve.answers import Answered


class BinaryCrossEntropyWithLogits(Answered):
    """Yes costs −log p, no costs −log(1 − p); the slope of the chosen curve is the probability less the target."""

    concept = "binary_cross_entropy_with_logits"
