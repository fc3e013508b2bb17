"""Bytes in and out. For Cython code; Python has nothing to call here."""
