"""The command line: one file a subcommand; the only place that knows who produces and who draws."""
