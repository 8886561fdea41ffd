"""Models without the HEAR API, one file each."""
