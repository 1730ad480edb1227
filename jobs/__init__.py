"""Where and how much: the command line, Ray Data and Ray Train. The only place that imports ray."""
