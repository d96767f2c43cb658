"""That what was claimed is somebody else's."""


class ClaimLost(Exception):
    """The lease of what was claimed ran out, and somebody else has it by now, or it was handed
    back."""
