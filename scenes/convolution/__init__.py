"""What convolutions have in common on the stage."""
