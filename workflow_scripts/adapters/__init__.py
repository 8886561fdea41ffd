"""Models without the HEAR API, one file each, and what some of these files share."""
