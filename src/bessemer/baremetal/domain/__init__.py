"""What a node is and how its life may go: pure values and functions."""
