"""One module per command, named as the command: it parses, makes one call and emits.

Nothing heavy is imported at the top of any of them.
"""
