# SPDX-License-Identifier: MIT
"""Windows Web Services: security key handles and XML security tokens."""

from __future__ import annotations
