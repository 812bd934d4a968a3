"""A report on its way into the fold: decoded, checked, cut into tracklets."""
