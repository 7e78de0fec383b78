"""Back through an LSTM: gradients travel along the conveyor, then add up over time."""

from __future__ import annotations

from scenes.recurrence.lstm_backward import LstmBackwardReel


class LstmBackward(LstmBackwardReel):
    """From the last time step to the first, then input, weights and biases."""

    concept = "lstm_backward"
