"""One request with its reply. For Cython code; Python has nothing to call here."""
