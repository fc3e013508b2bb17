# SPDX-License-Identifier: MIT
from Cython.Build import cythonize
from setuptools import Extension, setup

import ncrypt_ext

consumer = Extension(
    "consumer",
    ["consumer.pyx"],
    include_dirs=[ncrypt_ext.get_include()],
    library_dirs=[ncrypt_ext.get_library_dir()],
    runtime_library_dirs=[ncrypt_ext.get_library_dir()],
    libraries=["ncrypt_ext_core"],
)
setup(name="consumer", version="1", ext_modules=cythonize([consumer], language_level=3))
