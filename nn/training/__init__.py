"""Training: fit, optimizers and schedules, history, progress, and what is said where it diverges.

Imports all of `nn` and of its data; `nn` exports it, and nothing else imports it.
"""
