"""The command line: options from files, what is printed, how it ends."""
