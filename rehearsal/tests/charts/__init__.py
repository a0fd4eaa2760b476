"""Tests of the stand-in charts."""
