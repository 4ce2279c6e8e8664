"""`chainrule gpt`: a GPT of scalar Values learns a language and makes up words of it.

Imports the engine, networks and `chainrule.terminal`; the command line imports it.
"""
