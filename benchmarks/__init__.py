# SPDX-License-Identifier: MIT
"""Measures this package beside its peers, in one run. `python -m benchmarks --help` says how."""
