"""An interface watched through AF_PACKET rings: their thread, what is told of a block, the sums."""
