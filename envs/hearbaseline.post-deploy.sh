# The package's own requirements cannot be met together (NumPy 1.19, TensorFlow, numba 0.48) and most
# serve models that are not used here.
set -e
python -m pip install --no-deps hearbaseline==2021.1.1
