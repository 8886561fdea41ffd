# Their own requirements cannot be met together (hearbaseline: NumPy 1.19, TensorFlow, numba 0.48).
set -e
python -m pip install --no-deps torchopenl3==1.0.1 hearbaseline==2021.1.1
