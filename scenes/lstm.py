"""LSTM: gates open and close over a conveyor that carries the cell state through time."""

from __future__ import annotations

from scenes.recurrence.lstm import LstmReel


class Lstm(LstmReel):
    """Time step by time step: four gates, the cell state, the hidden state."""

    concept = "lstm"
