# The package asks for an older TensorFlow and for tools that only its command line uses; its trained
# SavedModel loads in 2.15.1.
set -e
python -m pip install --no-deps basic-pitch==0.4.0
