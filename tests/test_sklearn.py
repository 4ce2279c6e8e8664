"""Estimators for scikit-learn: they pass its own checks, and are ours underneath."""

import pickle
import subprocess
import sys

import pytest

pytestmark = pytest.mark.peers
pytest.importorskip("sklearn", reason='needs pip install -e ".[peers]"')

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from nn.sklearn import ChainruleClassifier, ChainruleRegressor

KINDS = [ChainruleClassifier, ChainruleRegressor]


@parametrize_with_checks([kind(random_state=0) for kind in KINDS])
def test_scikit_learn_checks_an_estimator(estimator, check) -> None:
    if check.func.__name__ != "check_array_api_input":  # of what sets SCIPY_ARRAY_API
        check(estimator)


def test_flowers_are_told_apart_in_a_pipeline() -> None:
    X, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), ChainruleClassifier(random_state=0))
    assert cross_val_score(pipeline, X, y).mean() > 0.9


def test_a_regressor_explains_some_of_the_variance() -> None:
    X, y = load_diabetes(return_X_y=True)
    scaled = (y - y.mean()) / y.std()
    regressor = ChainruleRegressor(hidden=(4,), random_state=0)
    assert cross_val_score(regressor, X * 20, scaled).mean() > 0.3


def test_a_search_finds_the_better_of_two_networks() -> None:
    X, y = load_iris(return_X_y=True)
    search = GridSearchCV(ChainruleClassifier(random_state=0), {"epochs": [1, 100]}, cv=2)
    assert search.fit(X, y).best_params_ == {"epochs": 100}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_is_the_same_estimator_also_cloned_and_pickled(kind) -> None:
    X, y = load_iris(return_X_y=True)
    estimator = kind(hidden=(3,), epochs=5, batch_size=30, random_state=1)
    found = estimator.fit(X, y).predict(X)
    assert (clone(estimator).fit(X, y).predict(X) == found).all()
    assert (pickle.loads(pickle.dumps(estimator)).predict(X) == found).all()
    assert (kind(**estimator.get_params()).fit(X, y).predict(X) == found).all()


def test_the_network_underneath_gives_the_same_scores() -> None:
    X, y = load_iris(return_X_y=True)
    estimator = ChainruleClassifier(epochs=20, random_state=0).fit(X, y)
    scores = np.array([[v.data for v in estimator.model_(list(row))] for row in X[::10]])
    assert (estimator.predict(X[::10]) == scores.argmax(axis=1)).all()
    assert np.allclose(estimator.predict_proba(X).sum(axis=1), 1.0)
    assert len(estimator.history_) == estimator.n_iter_ == 20


def test_the_names_of_a_frame_are_kept_and_asked_for() -> None:
    frame = pd.DataFrame({"long": [0.0, 1.0, 0.1, 0.9], "wide": [1.0, 0.0, 1.0, 0.0]})
    estimator = ChainruleClassifier(random_state=0).fit(frame, ["a", "b", "a", "b"])
    assert estimator.feature_names_in_.tolist() == ["long", "wide"]
    assert estimator.predict(frame).tolist() == ["a", "b", "a", "b"]
    with pytest.raises(ValueError, match="feature names"):
        estimator.predict(frame.rename(columns={"wide": "broad"}))


def test_one_class_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs two classes, and y has one class: a"):
        ChainruleClassifier().fit([[0.0], [1.0]], ["a", "a"])


def test_without_scikit_learn_one_is_told_what_to_install() -> None:
    text = "import sys\nsys.modules['sklearn'] = None\nimport nn.sklearn"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60)
    assert 'ImportError: nn.sklearn needs scikit-learn: pip install "chainrule[sk' in done.stderr
