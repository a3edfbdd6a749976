"""What the till costs, each figure beside the floor of the same work done bare, in the same run."""
