"""Networks as estimators of scikit-learn: `from nn.sklearn import ChainruleClassifier`.

Needs scikit-learn (extra `sklearn`).  It imports nn's models and its training; whoever works with
pipelines imports it.
"""

try:
    import sklearn as _  # noqa: F401  # before ours, whose errors would say less
except ImportError:
    raise ImportError('nn.sklearn needs scikit-learn: pip install "chainrule[sklearn]"') from None

from nn.sklearn.estimators import ChainruleClassifier, ChainruleRegressor

__all__ = ["ChainruleClassifier", "ChainruleRegressor"]
