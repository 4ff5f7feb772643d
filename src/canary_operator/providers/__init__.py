"""How the outside is reached: each provider boring, each like its neighbour."""
