"""Many packets in one step, where the result is exactly the same."""
