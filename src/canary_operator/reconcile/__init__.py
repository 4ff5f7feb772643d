"""One pass: look, decide, act, write down."""
