"""Tests of the controllers: pure rules, handlers over a fake cluster, and a real cluster."""
