"""Logs of trainings made anywhere: text in, a table of named numbers out."""
