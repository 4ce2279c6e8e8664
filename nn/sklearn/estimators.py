"""A classifier and a regressor, as scikit-learn has them: an MLP, trained by Adam.

Rows are taken as they are: a `StandardScaler` before them, in a pipeline, is for them what it is
for every network.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from autograd import softmax, trace
from nn.data.datasets import Data
from nn.losses import softmax_cross_entropy, squared_error
from nn.modules import MLP
from nn.training.fit import fit
from nn.training.optimizers import Adam


class _Estimator(BaseEstimator):
    """What both have in common."""

    def __init__(
        self,
        hidden: Sequence[int] = (16,),
        activation: str = "relu",
        learning_rate: float = 0.01,
        epochs: int = 200,
        batch_size: int | None = None,
        random_state: Any = None,
        engine: str = "auto",
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.random_state = random_state
        self.engine = engine

    def _train(self, X: Any, labels: Any, outputs: int, loss: Callable[[Any, Any], Any]) -> Self:
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        rng = random.Random(int(seed))
        self.model_ = MLP(X.shape[1], [*self.hidden, outputs], self.activation, rng=rng)
        self.history_ = fit(
            self.model_,
            Data(X, labels),
            loss=loss,
            optimizer=Adam(self.model_.parameters(), self.learning_rate),
            epochs=self.epochs,
            batch_size=self.batch_size,
            rng=rng,
            progress=False,
            engine=self.engine,
        )
        self.n_iter_ = len(self.history_)
        return self

    def _run(self, X: Any, f: Callable[[Any], Any]) -> Any:
        """What f gives of the model's output, for every row."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=float)
        tape = trace(lambda x: f(self.model_(x)), X[0], parameters=self.model_.parameters())
        return tape.forward(X)


class ChainruleClassifier(ClassifierMixin, _Estimator):
    """A network with an output for each class, trained on softmax cross-entropy.

    `hidden` are the sizes of its hidden layers, `activation` theirs; the optimizer is Adam with
    `learning_rate`, `batch_size=None` takes all examples at once, and `engine` is that of
    `nn.fit`.  After `fit` there are `classes_`, `model_` (an MLP, to be drawn and explained),
    `history_`, `n_iter_`, `n_features_in_` and, of a data frame, `feature_names_in_`.

    >>> X, y = [[0.0], [0.2], [0.8], [1.0]], ["no", "no", "yes", "yes"]
    >>> ChainruleClassifier(random_state=0).fit(X, y).predict([[0.1], [0.9]]).tolist()
    ['no', 'yes']
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train on the rows of X and their classes y."""
        X, y = validate_data(self, X, y, dtype=float)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"a classifier needs two classes, and y has one class: {y[0]}")
        return self._train(X, labels, len(self.classes_), softmax_cross_entropy)

    def predict_proba(self, X: Any) -> Any:
        """The share of each class, in the order of `classes_`, for every row of X."""
        return np.column_stack(self._run(X, softmax))

    def predict(self, X: Any) -> Any:
        """The most probable class of every row of X."""
        found = self.predict_proba(X).argmax(axis=1)
        return self.classes_[found]


class ChainruleRegressor(RegressorMixin, _Estimator):
    """A network with one output, trained on the squared error; arguments as for the classifier.

    After `fit` there are `model_`, `history_`, `n_iter_`, `n_features_in_` and, of a data frame,
    `feature_names_in_`.

    >>> X, y = [[0.0], [0.5], [1.0]], [0.0, 1.0, 2.0]
    >>> round(float(ChainruleRegressor(random_state=0).fit(X, y).predict([[0.75]])[0]), 1)
    1.5
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train on the rows of X and their numbers y."""
        X, y = validate_data(self, X, y, dtype=float, y_numeric=True, multi_output=True)
        y = column_or_1d(y, warn=True).astype(float)
        return self._train(X, y, 1, squared_error)

    def predict(self, X: Any) -> Any:
        """The number of every row of X."""
        return np.asarray(self._run(X, lambda z: z))
