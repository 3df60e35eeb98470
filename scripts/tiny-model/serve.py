"""Serves a model with llama.cpp until its standard input ends: serve.py MODEL PORT [embeddings]"""

import sys

import xllamacpp

parameters = xllamacpp.CommonParams()
parameters.model.path = sys.argv[1]
parameters.port = int(sys.argv[2])
parameters.n_ctx = 32768
parameters.n_parallel = 1
parameters.cpuparams.n_threads = 1
parameters.warmup = False
parameters.use_jinja = True
parameters.ui = False
if "embeddings" in sys.argv[3:]:
    parameters.embedding = True
    parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
server = xllamacpp.Server(parameters)
print("listening at", server.listening_address, flush=True)
sys.stdin.read()
