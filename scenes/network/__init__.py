"""What the pictures of a whole network are made of: tensors of any shape in a room, blocks to scale, a map, all results at once."""
