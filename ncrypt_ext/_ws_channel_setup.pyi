"""A channel's arguments made into native objects. For Cython code; nothing here is public."""
