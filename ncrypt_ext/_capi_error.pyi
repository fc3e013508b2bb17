"""The error door of CryptoAPI. For Cython code; Python has nothing to call here."""
