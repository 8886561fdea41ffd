"""What Snakemake computes while it plans: the checked config, paths, environments, failures."""
