"""To import it loads every kernel of the fold: for a fork server whose children then start at once."""

from fusion.warm import warm_fold
from fusion.warning.warm import warm_warning

warm_fold()
warm_warning()
