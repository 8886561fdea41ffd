"""What runs beside Snakemake: resuming, progress, the list of models."""
