"""What a spec would have made of recorded traffic: the operator's own judge over the past."""
