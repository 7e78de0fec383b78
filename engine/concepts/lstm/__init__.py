"""The LSTM, forward and back through time."""
