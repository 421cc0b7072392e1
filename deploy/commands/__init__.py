"""The commands, a module for those that belong together. `deploy.cli` puts them in one program.

Data goes to standard output, progress and messages to standard error. Exit 0: done, or the answer
is yes; 1: the answer is no; 2: it cannot be done, with the reason.
"""
