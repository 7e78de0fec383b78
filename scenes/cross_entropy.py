"""Cross-entropy: the share of the true class is pulled out and goes to the curve −log p; arrows say where all shares ought to go."""

from __future__ import annotations

from typing import ClassVar

from scenes.distribution.sharing import Sharing


class CrossEntropy(Sharing):
    """Shares as in a softmax; the true one costs minus its logarithm, and the gradient is what each has less what is wanted of it."""

    concept = "cross_entropy"
    deeds: ClassVar = {
        "naive": "look",
        "largest": "level",
        "shifted": "sink",
        "exp": "land",
        "log_sum": "total",
        "log_softmax": "scale",
        "losses": "pull",
        "loss": "pull",
        "p": "share",
        "grad": "push",
    }
    shares = "p"
    wanted = ("smoothed", "one_hot")
