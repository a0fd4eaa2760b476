"""The kubernetes provider server: pure parts, a fake API server, and (marked) a real one."""
