"""Training on a compiled bundle: reward models, judges, policies. torch lives here alone."""

import os

# Before torch is loaded: threads that wait by spinning stand still for seconds, forty times slower
# when measured, as soon as anything else uses the processor.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
