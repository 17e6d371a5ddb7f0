"""The rules, by what they are about; `catalogue` has them in order."""
