"""What the layers say to a packet, whoever runs them: the kernel, or a stack in user space."""
