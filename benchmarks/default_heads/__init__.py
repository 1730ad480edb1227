"""How the heads of the package are made, from public corpora: `make default-heads DATA=DIR`."""
