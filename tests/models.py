"""Models that several tests train."""

from autograd import Value


class Scale:
    """A model of one parameter: w x."""

    def __init__(self, w: float = 0.0) -> None:
        self.w = Value(w, "w")

    def __call__(self, x):
        return self.w * x[0]

    def parameters(self):
        return [self.w]
