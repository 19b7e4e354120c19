"""The bedside: check, thaw, permission, two scans with a second person, infusion, and what is watched after it."""
