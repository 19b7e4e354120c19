"""Many acts of one kind from a table: looked at first with every fault grouped, then all of them or nothing."""
