"""Which keys sign with a token. For Cython code; Python has nothing to call here."""
