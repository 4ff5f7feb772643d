"""`python -m testbed.load`."""

from testbed.load.command import main

main()
