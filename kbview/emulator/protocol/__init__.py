"""The rules of the protocols, for the kernel and for stacks in user space."""
