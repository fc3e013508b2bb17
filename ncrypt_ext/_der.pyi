"""The little DER that has to be quick or to be wiped."""
