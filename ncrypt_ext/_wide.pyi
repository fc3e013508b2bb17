"""Between str and the UTF-16 strings of the Windows API. For Cython code; Python has nothing to
call here.
"""
