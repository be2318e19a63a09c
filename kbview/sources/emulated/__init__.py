"""Sources through the emulator: scenarios and captures."""
