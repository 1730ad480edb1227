"""Files that start a command on a cluster, made from those of cluster/, of which files/ has a copy
that is installed with daf.
"""
