"""What models need: environments, one per file of envs/, and weights files."""
