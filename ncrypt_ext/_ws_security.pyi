"""A channel's security as the API wants it described. For Cython code; nothing here is public."""
