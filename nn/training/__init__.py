"""Training: fit, optimizers and schedules, history, progress, and what is said where it diverges.

Imports modules of `nn` and `nn.data`, and `viz` to plot a history; no other room imports it.
"""
