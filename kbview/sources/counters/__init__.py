"""What the kernel counts anyway, read ten times a second and turned into meters. No root needed."""
