"""What `daf doctor` looks at: this machine, the places of a job, the nodes of its cluster."""
