"""One file a command: each parses, makes one call, and emits. Nothing heavy is imported at the top of any."""
