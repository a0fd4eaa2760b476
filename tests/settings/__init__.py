"""The stack config: what it refuses, in which words, and what it takes."""
